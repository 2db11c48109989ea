import type { Theme } from "./types";

/** Colors of the map itself, as `#RRGGBB`; the chrome has its own sheet. */
export interface MapTokens {
  sea: string;
  shelf: string;
  land: string;
  mist: string;
  contour: string;
  grey: string;
  ink: string;
  ink2: string;
  ink3: string;
  accent: string;
  /** Opacity of a lonely point; crowded ones go down to about a third of it. */
  pointOpacity: number;
}

const LIGHT: MapTokens = {
  sea: "#EDF1F3",
  shelf: "#F5F8F9",
  land: "#FFFFFF",
  mist: "#FFFFFF",
  contour: "#2A3E50",
  grey: "#B4BEC7",
  ink: "#18212B",
  ink2: "#46525F",
  ink3: "#5F6B77",
  accent: "#2F49D1",
  pointOpacity: 0.8,
};

const DARK: MapTokens = {
  sea: "#0D1217",
  shelf: "#11171D",
  land: "#171E26",
  mist: "#171E26",
  contour: "#C6D6E4",
  grey: "#475460",
  ink: "#EBEFF3",
  ink2: "#B4BFCA",
  ink3: "#8F9BA8",
  accent: "#A3B3FF",
  pointOpacity: 0.74,
};

export const mapTokens = (theme: Theme): MapTokens => (theme === "dark" ? DARK : LIGHT);

export type Rgb = readonly [number, number, number];

export function rgbOf(hex: string): Rgb {
  const value = Number.parseInt(hex.slice(1), 16);
  return [value >> 16, (value >> 8) & 255, value & 255];
}

export function mixRgb(from: Rgb, to: Rgb, share: number): Rgb {
  const at = (k: 0 | 1 | 2) => from[k] + (to[k] - from[k]) * share;
  return [at(0), at(1), at(2)];
}

/** 0xAABBGGRR: the bytes in memory read R, G, B, A on every machine browsers run on. */
export function packRgb([r, g, b]: Rgb, alpha = 255): number {
  return ((alpha << 24) | (Math.round(b) << 16) | (Math.round(g) << 8) | Math.round(r)) >>> 0;
}

export function cssOf(packed: number): string {
  return `rgb(${packed & 255}, ${(packed >> 8) & 255}, ${(packed >> 16) & 255})`;
}
