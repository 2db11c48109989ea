import type { Extent } from "./camera";
import { placeOf } from "./picking";
import type { ScenePoints } from "./types";

/** Smallest visible side of a box, as a share of the extent: one row alone is not a place to zoom into for ever. */
const LEAST = 1 / 40;

/** Box around rows (row numbers), in map units; null when there are none. */
export function boxOfRows(points: ScenePoints, rows: Uint32Array): Extent | null {
  const box: Extent = [
    Number.POSITIVE_INFINITY,
    Number.POSITIVE_INFINITY,
    Number.NEGATIVE_INFINITY,
    Number.NEGATIVE_INFINITY,
  ];
  for (const row of rows) {
    if (row >= points.n) continue;
    const [x, y] = placeOf(points, row);
    box[0] = Math.min(box[0], x);
    box[1] = Math.min(box[1], y);
    box[2] = Math.max(box[2], x);
    box[3] = Math.max(box[3], y);
  }
  return box[0] > box[2] ? null : widened(box, points.extent);
}

function widened(box: Extent, extent: Extent): Extent {
  const grow = (low: number, high: number, side: number): [number, number] => {
    const missing = Math.max(side * LEAST - (high - low), 0) / 2;
    return [low - missing, high + missing];
  };
  const [x0, x1] = grow(box[0], box[2], extent[2] - extent[0]);
  const [y0, y1] = grow(box[1], box[3], extent[3] - extent[1]);
  return [x0, y0, x1, y1];
}
