import { type GridIndex, quantizer } from "./picking";
import type { ScenePoints } from "./types";

/** Corners of a polygon in quantized places, as two lists. */
interface Corners {
  x: Float64Array;
  y: Float64Array;
}

function cornersOf(polygon: Float32Array, extent: ScenePoints["extent"]): Corners {
  const to = quantizer(extent);
  const count = polygon.length >> 1;
  const x = new Float64Array(count);
  const y = new Float64Array(count);
  for (let k = 0; k < count; k++) {
    x[k] = to.x(polygon[2 * k]);
    y[k] = to.y(polygon[2 * k + 1]);
  }
  return { x, y };
}

/** Even-odd test against some of the edges (numbered by their second corner). */
function crosses(corners: Corners, edges: readonly number[], px: number, py: number): boolean {
  const { x, y } = corners;
  let within = false;
  for (let k = 0; k < edges.length; k++) {
    const b = edges[k];
    const a = b === 0 ? x.length - 1 : b - 1;
    if (y[a] > py !== y[b] > py && px < ((x[b] - x[a]) * (py - y[a])) / (y[b] - y[a]) + x[a]) {
      within = !within;
    }
  }
  return within;
}

/** Edges that touch each line of cells. */
function edgesByLine(corners: Corners, side: number): number[][] {
  const lines: number[][] = Array.from({ length: side }, () => []);
  const lineOf = (value: number) => Math.floor((value * side) / 65536);
  for (let b = 0; b < corners.x.length; b++) {
    const a = b === 0 ? corners.x.length - 1 : b - 1;
    const first = Math.max(lineOf(Math.min(corners.y[a], corners.y[b])), 0);
    const last = Math.min(lineOf(Math.max(corners.y[a], corners.y[b])), side - 1);
    for (let line = first; line <= last; line++) lines[line].push(b);
  }
  return lines;
}

/** Marks the cells of one line that an edge may pass through. */
function markCut(
  corners: Corners,
  edges: readonly number[],
  line: number,
  side: number,
  cut: Uint8Array,
): void {
  const cell = 65536 / side;
  const [low, high] = [line * cell, (line + 1) * cell];
  for (const b of edges) {
    const a = b === 0 ? corners.x.length - 1 : b - 1;
    const slope = (corners.x[b] - corners.x[a]) / (corners.y[b] - corners.y[a]);
    const at = (y: number) => {
      const bound = Math.min(
        Math.max(y, Math.min(corners.y[a], corners.y[b])),
        Math.max(corners.y[a], corners.y[b]),
      );
      return corners.x[a] + (bound - corners.y[a]) * slope;
    };
    const level = corners.y[a] === corners.y[b];
    const ends = level ? [corners.x[a], corners.x[b]] : [at(low), at(high)];
    const first = Math.max(Math.floor(Math.min(...ends) / cell), 0);
    const last = Math.min(Math.floor(Math.max(...ends) / cell), side - 1);
    for (let k = first; k <= last; k++) cut[k] = 1;
  }
}

const setBit = (mask: Uint32Array, row: number): void => {
  mask[row >>> 5] |= 1 << (row & 31);
};

/** One bit per row: inside the polygon (map units, even-odd). Whole cells are decided at once. */
export function rowsInPolygon(points: ScenePoints, index: GridIndex, polygon: Float32Array): Uint32Array {
  const mask = new Uint32Array((points.n + 31) >>> 5);
  if (polygon.length < 6) return mask;
  const corners = cornersOf(polygon, points.extent);
  const { side, starts, rows } = index;
  const cell = 65536 / side;
  const cut = new Uint8Array(side);
  edgesByLine(corners, side).forEach((edges, line) => {
    if (edges.length === 0) return;
    cut.fill(0);
    markCut(corners, edges, line, side, cut);
    for (let column = 0; column < side; column++) {
      const from = starts[line * side + column];
      const to = starts[line * side + column + 1];
      if (from === to) continue;
      if (cut[column]) {
        for (let k = from; k < to; k++) {
          const row = rows[k];
          if (crosses(corners, edges, points.places[2 * row], points.places[2 * row + 1])) setBit(mask, row);
        }
      } else if (crosses(corners, edges, (column + 0.5) * cell, (line + 0.5) * cell)) {
        for (let k = from; k < to; k++) setBit(mask, rows[k]);
      }
    }
  });
  return mask;
}
