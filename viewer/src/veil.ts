/** How uncertain each row's place is, for the scene: 0 sure … 255 uncertain. */

import { type ColumnInfo, MISSING_STEP, type Numbers, TOP_STEP } from "./map_folder";
import { keptOf15 } from "./roles";

const NEAR_MISS = 150;

export interface Veil {
  levels: Uint8Array;
  nDimmed: number;
}

/** Rows that kept fewer than `threshold` of 15 neighbors; those just below it are dimmed less. */
export function veilOf(info: ColumnInfo, data: Numbers, threshold: number): Veil {
  const levels = new Uint8Array(data.steps.length);
  const table = levelTable(info, data, threshold);
  let nDimmed = 0;
  for (let row = 0; row < levels.length; row++) {
    levels[row] = table[data.steps[row]];
    if (levels[row]) nDimmed++;
  }
  return { levels, nDimmed };
}

function levelTable(info: ColumnInfo, data: Numbers, threshold: number): Uint8Array {
  const table = new Uint8Array(65536).fill(255);
  for (let step = 0; step < MISSING_STEP; step++) {
    const kept = keptOf15(info, data.min + (step / TOP_STEP) * (data.max - data.min));
    table[step] = kept >= threshold ? 0 : kept >= threshold - 2 ? NEAR_MISS : 255;
  }
  return table;
}
