import { binRows, blur, type Density, GRID, landRadius, SHORE } from "./field";
import { type MapTokens, mixRgb, packRgb, rgbOf } from "./tokens";
import type { ScenePoints } from "./types";

export function smoothStep(low: number, high: number, value: number): number {
  const share = Math.min(Math.max((value - low) / (high - low), 0), 1);
  return share * share * (3 - 2 * share);
}

/** Opaque color of every cell, sea to shelf to land, 0xAABBGGRR. */
export function paintGround(land: Float32Array, wide: Float32Array, tokens: MapTokens): Uint32Array {
  const [sea, shelf, shore] = [rgbOf(tokens.sea), rgbOf(tokens.shelf), rgbOf(tokens.land)];
  const colors = new Uint32Array(GRID * GRID);
  for (let k = 0; k < colors.length; k++) {
    const onLand = smoothStep(SHORE / 2, SHORE, land[k]);
    const onShelf = smoothStep(0, 0.22, wide[k]);
    const color = mixRgb(shelf, shore, onLand);
    colors[k] = packRgb(mixRgb(sea, color, Math.max(onLand, onShelf)));
  }
  return colors;
}

/** Opacity (0…255) of the mist over ground whose rows are uncertain; half uncertain counts nearly as much as fully. */
export function paintMist(points: ScenePoints, veil: Uint8Array, density: Density): Uint8Array {
  const radius = landRadius(points.n);
  const doubtful = veil.map((doubt) => Math.min(doubt * 1.7, 255));
  const doubt = blur(binRows(points, density.frame, doubtful), radius);
  const rows = blur(binRows(points, density.frame), radius);
  const mist = new Uint8Array(GRID * GRID);
  for (let k = 0; k < mist.length; k++) {
    if (density.land[k] < SHORE - 0.01 || rows[k] <= 1e-6) continue;
    const share = doubt[k] / (255 * rows[k]);
    const onLand = Math.min((density.land[k] - SHORE + 0.01) / 0.05, 1);
    const level = Math.min(Math.max((share - 0.26) / 0.34, 0), 1) * onLand;
    mist[k] = Math.round(255 * 0.72 * level * level * (3 - 2 * level));
  }
  return mist;
}

/** Cell values between two fields, for the flight from one layout to another. */
export function betweenFields(from: Float32Array, to: Float32Array, share: number): Float32Array {
  return from.map((value, k) => value + (to[k] - value) * share);
}
