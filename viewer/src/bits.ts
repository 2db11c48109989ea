/** Sets of rows as one bit per row in 32-bit words. */

import type { Bits } from "./map_folder";

export function emptyBits(nRows: number): Bits {
  return new Uint32Array(Math.ceil(nRows / 32));
}

/** Every row set, with the spare bits of the last word left clear. */
export function fullBits(nRows: number): Bits {
  const bits = emptyBits(nRows).fill(0xffffffff);
  if (nRows % 32) bits[bits.length - 1] = 2 ** (nRows % 32) - 1;
  return bits;
}

export function bitsOf(rows: Iterable<number>, nRows: number): Bits {
  const bits = emptyBits(nRows);
  for (const row of rows) if (row >= 0 && row < nRows) bits[row >>> 5] |= 1 << (row & 31);
  return bits;
}

export function hasBit(bits: Bits, row: number): boolean {
  return ((bits[row >>> 5] >>> (row & 31)) & 1) === 1;
}

export function countBits(bits: Bits): number {
  let total = 0;
  for (let i = 0; i < bits.length; i++) total += onesIn(bits[i]);
  return total;
}

export function bothBits(a: Bits, b: Bits): Bits {
  return a.map((word, i) => word & b[i]);
}

export function eitherBits(a: Bits, b: Bits): Bits {
  return a.map((word, i) => word | b[i]);
}

export function withoutBits(a: Bits, b: Bits): Bits {
  return a.map((word, i) => word & ~b[i]);
}

/** The rows set, in rising order, at most `limit` of them. */
export function rowsOf(bits: Bits, limit = Number.POSITIVE_INFINITY): Uint32Array {
  const rows = new Uint32Array(Math.min(limit, countBits(bits)));
  let at = 0;
  for (let i = 0; i < bits.length && at < rows.length; i++) {
    for (let word = bits[i]; word && at < rows.length; word &= word - 1) {
      rows[at++] = i * 32 + 31 - Math.clz32(word & -word);
    }
  }
  return rows;
}

/** Up to `count` rows spread evenly over those set: the same rows for the same set. */
export function spreadRows(bits: Bits | null, nRows: number, count: number): number[] {
  const rows = bits ? rowsOf(bits) : null;
  const total = rows ? rows.length : nRows;
  const taken = Math.min(count, total);
  return Array.from({ length: taken }, (_, i) => {
    const at = Math.floor(((i + 0.5) * total) / taken);
    return rows ? rows[at] : at;
  });
}

function onesIn(word: number): number {
  let v = word - ((word >>> 1) & 0x55555555);
  v = (v & 0x33333333) + ((v >>> 2) & 0x33333333);
  return (((v + (v >>> 4)) & 0x0f0f0f0f) * 0x01010101) >>> 24;
}
