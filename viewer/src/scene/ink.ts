import { cellsOf, type Density, GRID } from "./field";
import { strideFor } from "./order";
import { type MapTokens, mixRgb, packRgb, rgbOf } from "./tokens";
import type { SceneColors, ScenePoints } from "./types";

/**
 * Ink: one number per row, 0xSSBBGGRR. The color is final; the style byte S = state × 32 + crowd picks an
 * opacity from a table of 256 that is made anew for every zoom, so that zooming touches no row.
 * State 0: plain. 1…6: veiled, sure to uncertain. 7: context (outside the selection).
 */
export const CROWD_LEVELS = 32;
export const CONTEXT_STATE = 7;
const VEIL_STATES = 6;
/** Opacity of a veiled row relative to a plain one, from sure (state 1) to uncertain (state 6). */
const VEIL_OPACITY = [1.15, 0.9, 0.66, 0.42, 0.36, 0.3];
/** Share of the way to grey by veil state: full from the fourth on. */
const VEIL_MIX = [0, 0.24, 0.48, 0.72, 0.72, 0.72];
const CONTEXT_OPACITY = 0.36;

/** Style level of a crowd: rows per cell on a scale of quarter octaves. */
export const crowdLevel = (crowd: number): number =>
  Math.min(Math.round(4 * Math.log2(1 + crowd)), CROWD_LEVELS - 1);

export const crowdAt = (level: number): number => 2 ** (level / 4) - 1;

/** Opacity in the thickest crowd relative to a lonely point; less for very many rows, so that crowds keep their relief. */
export const crowdFloor = (n: number): number =>
  Math.max(0.34 * Math.min((150_000 / Math.max(n, 1)) ** 0.45, 1), 0.1);

/** Opacity of a point, lower where crowded; zooming in spreads the crowd. */
export function crowdOpacity(crowd: number, zoom: number, floor = 0.34): number {
  return floor + (1 - floor) / (1 + (crowd * 0.95) / Math.max(1, zoom * 0.8));
}

/** Opacity 0…256 by style byte, for a map of n rows; `most` is that of a lonely point. */
export function opacityTable(zoom: number, most: number, n = 1): Uint16Array {
  const floor = crowdFloor(n);
  const table = new Uint16Array(256);
  for (let style = 0; style < 256; style++) {
    const state = Math.floor(style / CROWD_LEVELS);
    const plain = most * crowdOpacity(crowdAt(style % CROWD_LEVELS), zoom, floor);
    const veiled = Math.min(plain * (VEIL_OPACITY[state - 1] ?? 1), 1);
    table[style] = Math.round(256 * (state === CONTEXT_STATE ? CONTEXT_OPACITY : veiled));
  }
  return table;
}

export const veilState = (doubt: number): number => 1 + Math.round((doubt / 255) * (VEIL_STATES - 1));

/** Radius in CSS pixels: 1.12 × zoom^0.45, larger for few rows and finer for very many. */
export function pointRadius(n: number, zoom: number, width: number): number {
  const few = Math.min((40000 / Math.max(n, 1)) ** 0.2, 3.2);
  const many = (150000 / Math.max(n, 1)) ** 0.25;
  const screen = width <= 720 ? 0.78 : 1.12;
  return screen * (n < 40000 ? few : n > 150000 ? many : 1) * Math.max(zoom, 0.5) ** 0.45;
}

/** Crowd level of every cell, by a table of the crowds where the level rises. */
function levelGrid(crowd: Float32Array): Uint8Array {
  const table = Uint8Array.from({ length: 4096 }, (_, k) => crowdLevel(k / 16));
  const levels = new Uint8Array(crowd.length);
  for (let k = 0; k < crowd.length; k++) levels[k] = table[Math.min(Math.round(crowd[k] * 16), 4095)];
  return levels;
}

/** Crowd level of every row. */
export function crowdLevels(points: ScenePoints, density: Density): Uint8Array {
  const { kx, bx, ky, by } = cellsOf(points.extent, density.frame);
  const grid = levelGrid(density.crowd);
  const levels = new Uint8Array(points.n);
  const { places } = points;
  for (let row = 0; row < points.n; row++) {
    levels[row] = grid[((places[2 * row + 1] * ky + by) | 0) * GRID + ((places[2 * row] * kx + bx) | 0)];
  }
  return levels;
}

export interface InkSource {
  n: number;
  colors: SceneColors;
  crowd: Uint8Array;
  veil: Uint8Array | null;
}

/** Palette under each veil state: [state × slots + slot], RGB only. */
function veiledPalettes(palette: Uint32Array, tokens: MapTokens): Uint32Array {
  const grey = rgbOf(tokens.grey);
  const all = new Uint32Array(palette.length * (VEIL_STATES + 1));
  for (let state = 0; state <= VEIL_STATES; state++) {
    const share = VEIL_MIX[state - 1] ?? 0;
    for (let slot = 0; slot < palette.length; slot++) {
      const packed = palette[slot];
      const color = [packed & 255, (packed >> 8) & 255, (packed >> 16) & 255] as const;
      all[state * palette.length + slot] = packRgb(mixRgb(color, grey, share), 0);
    }
  }
  return all;
}

/** What a row outside the selection looks like. */
export const contextInk = (tokens: MapTokens): number =>
  packRgb(rgbOf(tokens.grey), CONTEXT_STATE * CROWD_LEVELS);

/**
 * Ink of every row as if none were context, in draw order. A color slot beyond the palette takes the last slot. A brush
 * step changes only which rows are context, and does not come here.
 */
export function inkOf(source: InkSource, tokens: MapTokens): Uint32Array {
  const { n, colors, crowd, veil } = source;
  const slots = Math.max(colors.palette.length, 1);
  const palettes = veiledPalettes(colors.palette, tokens);
  const stateOf = Uint8Array.from({ length: 256 }, (_, doubt) => veilState(doubt));
  const ink = new Uint32Array(n);
  const stride = strideFor(n);
  let position = 0;
  for (let first = 0; first < stride; first++) {
    for (let row = first; row < n; row += stride) {
      const state = veil ? stateOf[veil[row]] : 0;
      const slot = Math.min(colors.index[row], slots - 1);
      ink[position++] = palettes[state * slots + slot] | (((state * CROWD_LEVELS) | crowd[row]) << 24);
    }
  }
  return ink;
}
