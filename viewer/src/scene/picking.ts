import type { ScenePoints } from "./types";

/** Rows sorted into square cells of the quantized places. */
export interface GridIndex {
  /** Cells per side. */
  side: number;
  /** Where each cell's rows begin in `rows`; one more at the end. */
  starts: Uint32Array;
  rows: Uint32Array;
}

const ROWS_PER_CELL = 6;

export const cellSideFor = (n: number): number =>
  Math.min(Math.max(Math.ceil(Math.sqrt(n / ROWS_PER_CELL)), 1), 1024);

export function indexOf(points: ScenePoints): GridIndex {
  const side = cellSideFor(points.n);
  const { places, n } = points;
  const scale = side / 65536;
  const cellOf = new Uint32Array(n);
  const starts = new Uint32Array(side * side + 1);
  for (let row = 0; row < n; row++) {
    const cell = ((places[2 * row + 1] * scale) | 0) * side + ((places[2 * row] * scale) | 0);
    cellOf[row] = cell;
    starts[cell + 1]++;
  }
  for (let cell = 0; cell < side * side; cell++) starts[cell + 1] += starts[cell];
  const next = starts.slice(0, side * side);
  const rows = new Uint32Array(n);
  for (let row = 0; row < n; row++) rows[next[cellOf[row]]++] = row;
  return { side, starts, rows };
}

export const isInside = (inside: Uint32Array | null, row: number): boolean =>
  inside === null || ((inside[row >>> 5] >>> (row & 31)) & 1) === 1;

/** Map units to quantized places along both axes. */
export function quantizer(extent: ScenePoints["extent"]) {
  const kx = 65535 / Math.max(extent[2] - extent[0], 1e-12);
  const ky = 65535 / Math.max(extent[3] - extent[1], 1e-12);
  return {
    kx,
    ky,
    x: (value: number) => (value - extent[0]) * kx,
    y: (value: number) => (value - extent[1]) * ky,
  };
}

/** First and last cell that a stretch of quantized places touches. */
function cellRange(low: number, high: number, side: number): [number, number] {
  const bound = (value: number) => Math.min(Math.max(Math.floor((value * side) / 65536), 0), side - 1);
  return [bound(low), bound(high)];
}

/** Calls `visit` with every row in the cells that a box of map units touches. */
export function visitBox(
  points: ScenePoints,
  index: GridIndex,
  box: ScenePoints["extent"],
  visit: (row: number) => void,
): void {
  const to = quantizer(points.extent);
  if (box[2] < points.extent[0] || box[0] > points.extent[2]) return;
  if (box[3] < points.extent[1] || box[1] > points.extent[3]) return;
  const [left, right] = cellRange(to.x(box[0]), to.x(box[2]), index.side);
  const [low, high] = cellRange(to.y(box[1]), to.y(box[3]), index.side);
  for (let line = low; line <= high; line++) {
    const end = index.starts[line * index.side + right + 1];
    for (let k = index.starts[line * index.side + left]; k < end; k++) visit(index.rows[k]);
  }
}

/** Row nearest to a map place within `radius` map units, among the rows inside; null where there is none. */
export function nearestRow(
  points: ScenePoints,
  index: GridIndex,
  at: [number, number],
  radius: number,
  inside: Uint32Array | null,
): number | null {
  const to = quantizer(points.extent);
  const [x, y] = [to.x(at[0]), to.y(at[1])];
  const [sx, sy] = [1 / to.kx, 1 / to.ky];
  let best: number | null = null;
  let least = radius * radius;
  visitBox(points, index, [at[0] - radius, at[1] - radius, at[0] + radius, at[1] + radius], (row) => {
    const dx = (points.places[2 * row] - x) * sx;
    const dy = (points.places[2 * row + 1] - y) * sy;
    const distance = dx * dx + dy * dy;
    if (distance > least || !isInside(inside, row)) return;
    best = row;
    least = distance;
  });
  return best;
}

/** Map place of a row. */
export function placeOf(points: ScenePoints, row: number): [number, number] {
  const [x0, y0, x1, y1] = points.extent;
  return [
    x0 + (points.places[2 * row] / 65535) * (x1 - x0),
    y0 + (points.places[2 * row + 1] / 65535) * (y1 - y0),
  ];
}
