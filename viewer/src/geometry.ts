/** Nearness on the map, from quantized places. */

import type { MapInfo } from "./map_folder";

/** The `k` rows nearest to a row on the map, nearest first; the row itself is left out. */
export function nearestOnMap(
  places: Uint16Array,
  extent: MapInfo["extent"],
  row: number,
  k: number,
): number[] {
  const [sx, sy] = [extent[2] - extent[0], extent[3] - extent[1]];
  const aspect = sy / (sx || 1);
  const [x, y] = [places[2 * row], places[2 * row + 1]];
  const best: { row: number; d: number }[] = [];
  let worst = Number.POSITIVE_INFINITY;
  for (let other = 0; other < places.length / 2; other++) {
    const dx = places[2 * other] - x;
    const dy = (places[2 * other + 1] - y) * aspect;
    const d = dx * dx + dy * dy;
    if (d >= worst || other === row) continue;
    insert(best, { row: other, d }, k);
    if (best.length === k) worst = best[k - 1].d;
  }
  return best.map((one) => one.row);
}

function insert(best: { row: number; d: number }[], one: { row: number; d: number }, k: number): void {
  let at = best.length;
  while (at > 0 && best[at - 1].d > one.d) at--;
  best.splice(at, 0, one);
  if (best.length > k) best.pop();
}

/** The middle of a row's place, in map units. */
export function placeOf(places: Uint16Array, extent: MapInfo["extent"], row: number): [number, number] {
  const at = (value: number, low: number, high: number) => low + (value / 65535) * (high - low);
  return [at(places[2 * row], extent[0], extent[2]), at(places[2 * row + 1], extent[1], extent[3])];
}

/** The row nearest to a point in map units, among those inside where a mask is given. */
export function nearestToCenter(
  places: Uint16Array,
  extent: MapInfo["extent"],
  x: number,
  y: number,
  inside: Uint32Array | null,
): number {
  let [best, least] = [0, Number.POSITIVE_INFINITY];
  for (let row = 0; row < places.length / 2; row++) {
    if (inside && !((inside[row >>> 5] >>> (row & 31)) & 1)) continue;
    const [px, py] = placeOf(places, extent, row);
    const d = (px - x) ** 2 + (py - y) ** 2;
    if (d < least) [best, least] = [row, d];
  }
  return best;
}
