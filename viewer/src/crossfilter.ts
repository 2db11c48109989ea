/**
 * Filters as bits, counts that follow them.
 *
 * Every row carries one word; bit `slot` is set while the filter in that slot rejects the row. A histogram counts the rows
 * that all filters but its own let through. When a filter moves, only the rows that changed sides are visited.
 */

import type { Bits } from "./map_folder";

export const SLOTS = 31;
export const NO_SLOT = -1;

export interface Histogram {
  /** Bin of each row; 255 counts as missing. */
  bins: Uint8Array;
  /** Rows per bin, `counts[255]` = missing. */
  counts: Uint32Array;
  slot: number;
}

export interface Crossfilter {
  readonly nRows: number;
  readonly inside: Bits;
  nInside(): number;
  /** True while any slot filters. */
  active(): boolean;
  keepRange(slot: number, steps: Uint16Array, low: number, high: number): void;
  keepCodes(slot: number, codes: Uint8Array | Uint16Array, kept: Uint8Array): void;
  keepBits(slot: number, bits: Bits): void;
  clear(slot: number): void;
  watch(bins: Uint8Array, slot: number): Histogram;
  unwatch(histogram: Histogram): void;
}

export function createCrossfilter(nRows: number): Crossfilter {
  const failed = new Uint32Array(nRows);
  const inside = new Uint32Array(Math.ceil(nRows / 32));
  for (let row = 0; row < nRows; row++) inside[row >>> 5] |= 1 << (row & 31);
  const changed = new Uint32Array(nRows);
  const histograms = new Set<Histogram>();
  let used = 0;
  let nInside = nRows;

  /** Rows changed[0..n) have flipped their bit of `slot`: bring the set of rows and all counts up to date. */
  function follow(slot: number, n: number): void {
    const bit = 1 << slot;
    for (let k = 0; k < n; k++) {
      const row = changed[k];
      if ((failed[row] & ~bit) !== 0) continue;
      inside[row >>> 5] ^= 1 << (row & 31);
      nInside += failed[row] & bit ? -1 : 1;
    }
    for (const histogram of histograms) if (histogram.slot !== slot) recount(histogram, bit, n);
  }

  function recount({ bins, counts, slot }: Histogram, bit: number, n: number): void {
    const others = ~(bit | ownBit(slot));
    for (let k = 0; k < n; k++) {
      const row = changed[k];
      const word = failed[row];
      if ((word & others) === 0) counts[bins[row]] += word & bit ? -1 : 1;
    }
  }

  function keepRange(slot: number, steps: Uint16Array, low: number, high: number): void {
    used |= 1 << slot;
    let n = 0;
    for (let row = 0; row < nRows; row++) {
      const out = steps[row] < low || steps[row] > high ? 1 : 0;
      if (((failed[row] >>> slot) & 1) !== out) {
        failed[row] ^= 1 << slot;
        changed[n++] = row;
      }
    }
    follow(slot, n);
  }

  function keepCodes(slot: number, codes: Uint8Array | Uint16Array, kept: Uint8Array): void {
    used |= 1 << slot;
    let n = 0;
    for (let row = 0; row < nRows; row++) {
      const out = kept[codes[row]] ? 0 : 1;
      if (((failed[row] >>> slot) & 1) !== out) {
        failed[row] ^= 1 << slot;
        changed[n++] = row;
      }
    }
    follow(slot, n);
  }

  function keepBits(slot: number, bits: Bits): void {
    used |= 1 << slot;
    let n = 0;
    for (let row = 0; row < nRows; row++) {
      const out = ((bits[row >>> 5] >>> (row & 31)) & 1) ^ 1;
      if (((failed[row] >>> slot) & 1) !== out) {
        failed[row] ^= 1 << slot;
        changed[n++] = row;
      }
    }
    follow(slot, n);
  }

  function clear(slot: number): void {
    used &= ~(1 << slot);
    let n = 0;
    for (let row = 0; row < nRows; row++) {
      if ((failed[row] >>> slot) & 1) {
        failed[row] ^= 1 << slot;
        changed[n++] = row;
      }
    }
    follow(slot, n);
  }

  function watch(bins: Uint8Array, slot: number): Histogram {
    const histogram = { bins, slot, counts: new Uint32Array(256) };
    const others = ~ownBit(slot);
    for (let row = 0; row < nRows; row++) if ((failed[row] & others) === 0) histogram.counts[bins[row]]++;
    histograms.add(histogram);
    return histogram;
  }

  return {
    nRows,
    inside,
    nInside: () => nInside,
    active: () => used !== 0,
    keepRange,
    keepCodes,
    keepBits,
    clear,
    watch,
    unwatch: (histogram) => void histograms.delete(histogram),
  };
}

function ownBit(slot: number): number {
  return slot === NO_SLOT ? 0 : 1 << slot;
}
