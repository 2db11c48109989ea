/** A column as at most 254 bins per row: what histograms, bars and comparisons count. */

import { type Bits, type ColumnData, MISSING_STEP, type Numbers, TOP_STEP } from "./map_folder";
import { type Slots, slotsOf } from "./palettes";

export const MISSING_BIN = 255;
const MANY = 32;
const FEW = 24;
const LOOKED_AT = 20_000;

export interface Bins {
  bins: Uint8Array;
  n: number;
  /** Numbers: the bin borders in values, n + 1 of them. */
  edges?: number[];
  /** Numbers with few distinct values: these values. */
  values?: number[];
  /** Categories: which bin holds which categories. */
  slots?: Slots;
}

export function binsOf(data: ColumnData): Bins {
  if (data.type === "codes") return binsOfCodes(data.codes, data.missing, slotsOf(data));
  const few = fewSteps(data.steps);
  return few ? binsOfFew(data, few) : binsOfMany(data);
}

/** Rows per bin, of the rows set. */
export function countsIn(bins: Uint8Array, rows: Bits): Uint32Array {
  const counts = new Uint32Array(MISSING_BIN + 1);
  for (let row = 0; row < bins.length; row++) if ((rows[row >>> 5] >>> (row & 31)) & 1) counts[bins[row]]++;
  return counts;
}

function binsOfCodes(codes: Uint8Array | Uint16Array, missing: number, slots: Slots): Bins {
  const bins = new Uint8Array(codes.length);
  for (let row = 0; row < codes.length; row++) {
    bins[row] = codes[row] === missing ? MISSING_BIN : slots.slotOf[codes[row]];
  }
  return { bins, n: slots.slots.length, slots };
}

function binsOfMany(data: Numbers): Bins {
  const bins = new Uint8Array(data.steps.length);
  for (let row = 0; row < bins.length; row++) {
    const step = data.steps[row];
    bins[row] =
      step === MISSING_STEP ? MISSING_BIN : Math.min(MANY - 1, Math.floor((step * MANY) / TOP_STEP));
  }
  const width = (data.max - data.min) / MANY;
  return { bins, n: MANY, edges: Array.from({ length: MANY + 1 }, (_, i) => data.min + i * width) };
}

function binsOfFew(data: Numbers, few: number[]): Bins {
  const values = few.map((step) => data.min + (step / TOP_STEP) * (data.max - data.min));
  const table = new Uint8Array(65536).fill(MISSING_BIN);
  let bin = 0;
  for (let step = 0; step < MISSING_STEP; step++) {
    while (bin + 1 < few.length && Math.abs(few[bin + 1] - step) < Math.abs(few[bin] - step)) bin++;
    table[step] = bin;
  }
  const bins = new Uint8Array(data.steps.length);
  for (let row = 0; row < bins.length; row++) bins[row] = table[data.steps[row]];
  return { bins, n: few.length, values, edges: midways(values) };
}

/** The distinct steps when they are few, else null; judged on a sample, the rest falls to the nearest. */
function fewSteps(steps: Uint16Array): number[] | null {
  const seen = new Set<number>();
  const stride = Math.max(1, Math.floor(steps.length / LOOKED_AT));
  for (let row = 0; row < steps.length; row += stride) {
    if (steps[row] !== MISSING_STEP) seen.add(steps[row]);
    if (seen.size > FEW) return null;
  }
  return seen.size ? [...seen].sort((a, b) => a - b) : null;
}

function midways(values: number[]): number[] {
  const half = values.length > 1 ? (values[1] - values[0]) / 2 : 0.5;
  const inner = values.slice(1).map((value, i) => (value + values[i]) / 2);
  return [values[0] - half, ...inner, values[values.length - 1] + half];
}
