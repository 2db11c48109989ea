import { strideFor } from "./order";
import type { Context } from "./renderer";

/**
 * Rows sorted into square tiles, each in draw order, for the processor: neighbors on the picture are neighbors in memory,
 * a view reads the tiles that it shows, and any first share of a tile is a fair sample of it. Where discs of two tiles
 * overlap, the later tile lies on top.
 */
export interface Tiles {
  side: number;
  /** Where each tile's rows begin in `pairs`; one more at the end. Line by line, from the low y up. */
  starts: Uint32Array;
  /** Position in draw order of each row here. */
  order: Uint32Array;
  pairs: Uint32Array;
}

/** A tile of fewer rows would save nothing. */
const ROWS_PER_TILE = 8_000;
const MOST_SIDE = 64;

export const tileSideFor = (n: number): number =>
  Math.min(Math.max(Math.floor(Math.sqrt(n / ROWS_PER_TILE)), 1), MOST_SIDE);

export function tilesOf(pairs: Uint32Array): Tiles {
  const side = tileSideFor(pairs.length);
  const tileOf = (pair: number) => (((pair >>> 16) * side) >>> 16) * side + (((pair & 65535) * side) >>> 16);
  const starts = new Uint32Array(side * side + 1);
  for (let k = 0; k < pairs.length; k++) starts[tileOf(pairs[k]) + 1]++;
  for (let tile = 0; tile < side * side; tile++) starts[tile + 1] += starts[tile];
  const next = starts.slice(0, side * side);
  const order = new Uint32Array(pairs.length);
  for (let k = 0; k < pairs.length; k++) order[next[tileOf(pairs[k])]++] = k;
  return { side, starts, order, pairs: inOrder(pairs, order) };
}

export function inOrder(values: Uint32Array, order: Uint32Array): Uint32Array {
  const sorted = new Uint32Array(values.length);
  for (let k = 0; k < order.length; k++) sorted[k] = values[order[k]];
  return sorted;
}

/**
 * Ink in the order of the tiles, that of context where a row's bit is not set; bits are in row order. Rows of a tile rise in
 * draw order, so that each is found from the one before, without a table or a division.
 */
export function maskInk(ink: Uint32Array, order: Uint32Array, context: Context, out: Uint32Array): void {
  const { inside, ink: grey } = context;
  const n = order.length;
  const stride = strideFor(n);
  const short = Math.floor(n / stride);
  const longer = n % stride; // so many runs of the draw order have one row more
  let first = 0; // row that the run begins with: it holds first, first + stride, …
  let begin = 0;
  let end = n;
  for (let k = 0; k < n; k++) {
    const at = order[k];
    if (at < begin || k === 0) {
      first = 0;
      begin = 0;
      end = longer > 0 ? short + 1 : short;
    }
    while (at >= end) {
      first++;
      begin = end;
      end += first < longer ? short + 1 : short;
    }
    const row = first + (at - begin) * stride;
    out[k] = (inside[row >>> 5] >>> (row & 31)) & 1 ? ink[k] : grey;
  }
}

/** Rows of a picture: x0 … y1 in pixels, the latter of each beyond the last. */
export interface Box {
  x0: number;
  y0: number;
  x1: number;
  y1: number;
}

/** From quantized places to pixels: x·kx + bx, y·ky + by; ky is negative. */
export interface ToPixels {
  kx: number;
  bx: number;
  ky: number;
  by: number;
}

/** Calls `visit` with the stretches of rows in the tiles that a box touches; neighbors on a line come as one. */
export function visitTiles(
  { side, starts }: Tiles,
  box: Box,
  to: ToPixels,
  visit: (begin: number, end: number) => void,
): void {
  const across = (pixel: number) => Math.floor((((pixel - to.bx) / to.kx) * side) / 65536);
  const up = (pixel: number) => Math.floor((((pixel - to.by) / to.ky) * side) / 65536);
  const [left, right] = [Math.max(across(box.x0), 0), Math.min(across(box.x1), side - 1)];
  const [low, high] = [Math.max(up(box.y1), 0), Math.min(up(box.y0), side - 1)];
  if (left > right) return;
  for (let line = low; line <= high; line++) {
    for (let tile = line * side + left; tile <= line * side + right; tile++) {
      if (starts[tile] < starts[tile + 1]) visit(starts[tile], starts[tile + 1]);
    }
  }
}

/** Cost of painting the ground under a pixel, in points. */
const GROUND_COST = 0.4;

/** Cuts a picture into bands from top to bottom that cost about the same; the lines where each begins, and the last. */
export function bandsOf(
  tiles: Tiles,
  to: ToPixels,
  size: { width: number; height: number },
  parts: number,
): number[] {
  const { width, height } = size;
  const costs = new Float64Array(height).fill(width * GROUND_COST);
  for (let line = 0; line < tiles.side; line++) {
    const edge = (at: number) => ((at * 65536) / tiles.side) * to.ky + to.by;
    const [top, bottom] = [edge(line + 1), edge(line)];
    const seen = { x0: 0, x1: width, y0: Math.max(top, 0) + 1e-6, y1: Math.min(bottom, height) - 1e-6 };
    if (seen.y0 >= seen.y1) continue;
    let rows = 0;
    const first = tiles.starts[line * tiles.side];
    const last = tiles.starts[(line + 1) * tiles.side];
    visitTiles(tiles, seen, to, (begin, end) => {
      if (begin >= first && end <= last) rows += end - begin;
    });
    const each = rows / Math.max(bottom - top, 1);
    for (let y = Math.floor(seen.y0); y < seen.y1; y++) costs[y] += each;
  }
  return cuts(costs, parts);
}

function cuts(costs: Float64Array, parts: number): number[] {
  const total = costs.reduce((sum, cost) => sum + cost, 0);
  const found = [0];
  let sum = 0;
  for (let y = 0; y < costs.length && found.length < parts; y++) {
    sum += costs[y];
    if (sum >= (total * found.length) / parts) found.push(y + 1);
  }
  while (found.length < parts) found.push(costs.length);
  return [...found, costs.length];
}
