/** What makes a group different, computed in the page: numbers and categories, against everything else. */

import type { Difference } from "./backend";
import { hasBit } from "./bits";
import {
  type Bits,
  type Codes,
  type ColumnData,
  type ColumnInfo,
  MISSING_STEP,
  type Numbers,
  valueAt,
} from "./map_folder";

export interface Loaded {
  info: ColumnInfo;
  data: ColumnData;
}

/** Ranked by size of effect: standardized mean difference, or difference of shares of the most telling category. */
export function contrastInPage(
  columns: Loaded[],
  selection: Bits,
  against: Bits | null,
  nRows: number,
): Difference[] {
  const side = sidesOf(selection, against, nRows);
  return columns
    .map(({ info, data }) =>
      data.type === "numbers" ? ofNumbers(info, data, side) : ofCodes(info, data, side),
    )
    .filter(
      (difference): difference is Difference => difference !== null && Number.isFinite(difference.effect),
    )
    .sort((a, b) => Math.abs(b.effect) - Math.abs(a.effect));
}

/** 1 inside, 2 outside, 0 neither. */
function sidesOf(selection: Bits, against: Bits | null, nRows: number): Uint8Array {
  const side = new Uint8Array(nRows);
  for (let row = 0; row < nRows; row++) {
    side[row] = hasBit(selection, row) ? 1 : !against || hasBit(against, row) ? 2 : 0;
  }
  return side;
}

function ofNumbers(info: ColumnInfo, data: Numbers, side: Uint8Array): Difference | null {
  const moments = [0, 1, 2].map(() => ({ n: 0, sum: 0, squares: 0 }));
  for (let row = 0; row < side.length; row++) {
    if (data.steps[row] === MISSING_STEP) continue;
    const value = valueAt(data, row) - data.min;
    const moment = moments[side[row]];
    moment.n++;
    moment.sum += value;
    moment.squares += value * value;
  }
  const [, inside, outside] = moments;
  if (inside.n < 2 || outside.n < 2) return null;
  const [a, b] = [inside.sum / inside.n, outside.sum / outside.n];
  const spread = Math.sqrt((variance(inside, a) + variance(outside, b)) / 2);
  if (spread === 0) return null;
  return {
    column: info.name,
    kind: info.kind,
    effect: (a - b) / spread,
    inside: a + data.min,
    outside: b + data.min,
  };
}

function variance(moment: { n: number; squares: number }, mean: number): number {
  return Math.max(0, (moment.squares / moment.n - mean * mean) * (moment.n / (moment.n - 1)));
}

function ofCodes(info: ColumnInfo, data: Codes, side: Uint8Array): Difference | null {
  const counts = [0, 1, 2].map(() => new Float64Array(data.names.length));
  const totals = [0, 0, 0];
  for (let row = 0; row < side.length; row++) {
    if (data.codes[row] === data.missing) continue;
    counts[side[row]][data.codes[row]]++;
    totals[side[row]]++;
  }
  if (totals[1] < 2 || totals[2] < 2) return null;
  const shares = data.names.map((_, code) => [counts[1][code] / totals[1], counts[2][code] / totals[2]]);
  const best = shares.reduce(
    (at, [a, b], code) => (Math.abs(a - b) > Math.abs(shares[at][0] - shares[at][1]) ? code : at),
    0,
  );
  const [a, b] = shares[best] ?? [0, 0];
  const effect = cohenH(a, b);
  return { column: info.name, kind: info.kind, effect, inside: a, outside: b, value: data.names[best] };
}

/** Cohen's h: the difference of two shares on a scale where equal steps are equally hard to see. */
function cohenH(a: number, b: number): number {
  return 2 * Math.asin(Math.sqrt(a)) - 2 * Math.asin(Math.sqrt(b));
}
