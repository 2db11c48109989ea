import type { Extent } from "./camera";
import type { ScenePoints } from "./types";

/** Share of peak density where the shore runs. */
export const SHORE = 0.06;
/** Cells per side of every field. */
export const GRID = 512;
/** Room around the extent, as a share of its longer side, so that the shelf can fade out. */
const ROOM = 0.09;
/** A cell counts at most this many times the mean filled cell: duplicates must not sink the rest of the land. */
const CAP = 12;

/** A square window of the map; row 0 of the grid is its top (largest y). */
export interface FieldFrame {
  left: number;
  top: number;
  /** Map units per cell. */
  cell: number;
}

export interface Density {
  frame: FieldFrame;
  /** Barely smoothed counts: how crowded the surroundings of one row are. */
  crowd: Float32Array;
  /** Smoothed counts, 0…1, SHORE at the shore: land. */
  land: Float32Array;
  /** The same, softer: contours. */
  soft: Float32Array;
  /** Softest: the shelf. */
  wide: Float32Array;
}

export function frameOf(extent: Extent): FieldFrame {
  const side = Math.max(extent[2] - extent[0], extent[3] - extent[1], 1e-9) * (1 + 2 * ROOM);
  return {
    left: (extent[0] + extent[2] - side) / 2,
    top: (extent[1] + extent[3] + side) / 2,
    cell: side / GRID,
  };
}

/** Multipliers from quantized places to cells: column = x·kx + bx, line = y·ky + by. */
export function cellsOf(extent: Extent, frame: FieldFrame) {
  return {
    kx: (extent[2] - extent[0]) / 65535 / frame.cell,
    bx: (extent[0] - frame.left) / frame.cell,
    ky: -(extent[3] - extent[1]) / 65535 / frame.cell,
    by: (frame.top - extent[1]) / frame.cell,
  };
}

/** Sum of `weight` (1 where left out) of the rows in each cell. */
export function binRows(points: ScenePoints, frame: FieldFrame, weight?: Uint8Array): Float32Array {
  const { kx, bx, ky, by } = cellsOf(points.extent, frame);
  const bins = new Float32Array(GRID * GRID);
  const { places, n } = points;
  for (let row = 0; row < n; row++) {
    const cell = ((places[2 * row + 1] * ky + by) | 0) * GRID + ((places[2 * row] * kx + bx) | 0);
    bins[cell] += weight ? weight[row] : 1;
  }
  return bins;
}

/** One box blur along lines of `step` distance; cells beyond the edge count as 0. */
function blurLines(from: Float32Array, to: Float32Array, radius: number, step: number): void {
  const next = step === 1 ? GRID : 1;
  const share = 1 / (2 * radius + 1);
  for (let line = 0; line < GRID; line++) {
    const start = line * next;
    let sum = 0;
    for (let k = 0; k < Math.min(radius, GRID); k++) sum += from[start + k * step];
    for (let k = 0; k < GRID; k++) {
      if (k + radius < GRID) sum += from[start + (k + radius) * step];
      if (k > radius) sum -= from[start + (k - radius - 1) * step];
      to[start + k * step] = Math.max(sum, 0) * share;
    }
  }
}

/** Three box blurs each way: close to a Gaussian of variance radius·(radius + 1) cells². */
export function blur(values: Float32Array, radius: number): Float32Array {
  const result = Float32Array.from(values);
  const between = new Float32Array(values.length);
  for (let pass = 0; pass < 3; pass++) {
    blurLines(result, between, radius, 1);
    blurLines(between, result, radius, GRID);
  }
  return result;
}

export function peakOf(values: Float32Array): number {
  let peak = 0;
  for (let k = 0; k < values.length; k++) if (values[k] > peak) peak = values[k];
  return peak;
}

function divideByPeak(values: Float32Array): Float32Array {
  const peak = peakOf(values) || 1;
  return values.map((value) => value / peak);
}

function capped(counts: Float32Array): Float32Array {
  let filled = 0;
  let sum = 0;
  for (let k = 0; k < counts.length; k++) {
    if (counts[k] > 0) filled++;
    sum += counts[k];
  }
  const limit = filled > 0 ? CAP * Math.max(sum / filled, 1) : 1;
  return counts.map((count) => Math.min(count, limit));
}

/** Blur radius in cells: 4 at 70,000 rows, wider for fewer as n^(-1/6) (Scott's rule in two dimensions). */
export function landRadius(n: number): number {
  return Math.round(Math.min(Math.max(4 * (70000 / Math.max(n, 1)) ** (1 / 6), 4), 14));
}

/** Share of the rows that must stand on land. */
const ON_LAND = 0.99;

/**
 * Density of the shore: SHORE of the peak, or less where one crowded spot would leave others at sea.
 * `counts` are the rows per cell, `smooth` the density there.
 */
export function shoreDensity(counts: Float32Array, smooth: Float32Array): number {
  const most = SHORE * peakOf(smooth);
  const steps = 64;
  const below = new Float64Array(steps + 1);
  let rows = 0;
  for (let k = 0; k < counts.length; k++) {
    rows += counts[k];
    if (smooth[k] < most) below[Math.floor((smooth[k] / most) * steps)] += counts[k];
  }
  let sunk = 0;
  for (let step = 0; step < steps; step++) {
    sunk += below[step];
    if (sunk > (1 - ON_LAND) * rows) return (most * Math.max(step, 3)) / steps;
  }
  return most;
}

export function densityOf(points: ScenePoints): Density {
  const frame = frameOf(points.extent);
  const counts = binRows(points, frame);
  const even = capped(counts);
  const radius = landRadius(points.n);
  const smooth = blur(even, radius);
  const unit = shoreDensity(even, smooth) / SHORE || 1;
  const land = smooth.map((value) => Math.min(value / unit, 1));
  const soften = Math.round(radius * 2.25);
  return {
    frame,
    crowd: blur(counts, 1),
    land,
    soft: divideByPeak(blur(even, soften)),
    wide: divideByPeak(blur(land, soften)),
  };
}
