/** A second map of the same rows: its rows numbered among ours, its places laid over ours. */

import type { Backend, BesideInfo } from "./backend";
import { bitsOf } from "./bits";
import type { Bits } from "./map_folder";
import { indexOf } from "./scene/picking";
import { rowsInPolygon } from "./scene/polygon";
import { jointExtent, requantize } from "./scene/terrain";
import type { SceneColors, SceneLabel, ScenePoints } from "./scene/types";

export interface Beside {
  info: BesideInfo;
  /** The second map's points; point i is row `rowAt(i)` of the first map. */
  points: ScenePoints;
  /** Our row of each point; null = the same number. */
  rows: Uint32Array | null;
}

/** Both maps are drawn over one extent, so that the same camera shows the same part. */
export async function loadBeside(backend: Backend, ours: ScenePoints["extent"]): Promise<Beside | null> {
  if (!backend.beside) return null;
  const { info, rows, places } = await backend.beside();
  const points = { n: info.nMatched, places, extent: info.extent };
  const extent = jointExtent(ours, info.extent);
  return { info, rows: info.inOrder ? null : rows, points: requantize(points, extent) };
}

export const rowAt = ({ rows }: Beside, point: number): number => (rows ? rows[point] : point);

/** The point of a row, or null where the second map does not know it. */
export function pointOf({ rows, points }: Beside, row: number): number | null {
  if (!rows) return row < points.n ? row : null;
  let [low, high] = [0, rows.length - 1];
  while (low <= high) {
    const mid = (low + high) >> 1;
    if (rows[mid] === row) return mid;
    if (rows[mid] < row) low = mid + 1;
    else high = mid - 1;
  }
  return null;
}

/** Colors of our rows, in the order of the points. */
export function pointColors({ rows }: Beside, colors: SceneColors): SceneColors {
  return rows ? { index: gathered(colors.index, rows), palette: colors.palette } : colors;
}

export function gathered<T extends Uint8Array | Uint16Array>(values: T, rows: Uint32Array): T {
  const chosen = new (values.constructor as new (n: number) => T)(rows.length);
  for (let i = 0; i < rows.length; i++) chosen[i] = values[rows[i]];
  return chosen;
}

/** Our rows as points. */
export function pointBits({ rows, points }: Beside, bits: Bits | null): Bits | null {
  if (!bits || !rows) return bits;
  const chosen = bitsOf([], points.n);
  for (let i = 0; i < rows.length; i++) {
    if ((bits[rows[i] >>> 5] >>> (rows[i] & 31)) & 1) chosen[i >>> 5] |= 1 << (i & 31);
  }
  return chosen;
}

/** Our rows whose points lie inside a polygon on the second map. */
export function rowsInside(beside: Beside, polygon: Float32Array, nRows: number): Bits {
  const points = rowsInPolygon(beside.points, indexOf(beside.points), polygon);
  const bits = bitsOf([], nRows);
  for (let i = 0; i < beside.points.n; i++) {
    if (!((points[i >>> 5] >>> (i & 31)) & 1)) continue;
    const row = rowAt(beside, i);
    bits[row >>> 5] |= 1 << (row & 31);
  }
  return bits;
}

/** The second map's regions as labels. */
export function besideLabels({ info }: Beside): SceneLabel[] {
  return info.regions.map((region) => ({ ...region, text: region.name }));
}

/** All rows at their places on the second map; those it does not know stay where they are. */
export function morphPoints(ours: ScenePoints, beside: Beside): ScenePoints {
  const there = beside.points;
  if (!beside.rows) return there;
  const start = requantize(ours, there.extent);
  beside.rows.forEach((row, i) => {
    start.places[2 * row] = there.places[2 * i];
    start.places[2 * row + 1] = there.places[2 * i + 1];
  });
  return start;
}
