/**
 * Draw order. Any prefix must be a fair sample and no class may lie on top, without keeping a permutation
 * of millions of rows: row = (position × stride) mod n with a stride near the golden section of n, which
 * walks the rows as evenly as any fixed stride can.
 */
const GOLDEN = 0.6180339887498949;

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}

export function strideFor(n: number): number {
  if (n < 3) return 1;
  let stride = Math.max(1, Math.round(n * GOLDEN));
  while (greatestCommonDivisor(stride, n) !== 1) stride++;
  return stride;
}

/** Values of a row-ordered array, in draw order. */
export function inDrawOrder(values: Uint32Array): Uint32Array {
  const n = values.length;
  const stride = strideFor(n);
  const ordered = new Uint32Array(n);
  let row = 0;
  for (let position = 0; position < n; position++) {
    ordered[position] = values[row];
    row += stride;
    if (row >= n) row -= n;
  }
  return ordered;
}

/** x in the low and y in the high half of one number per row. */
export function pairsOf(places: Uint16Array): Uint32Array {
  if (places.byteOffset % 4 === 0) {
    return new Uint32Array(places.buffer, places.byteOffset, places.length >> 1);
  }
  return new Uint32Array(places.slice().buffer, 0, places.length >> 1);
}

/** Places between two layouts of the same rows and extent, in the same packing. */
export function blendPairs(from: Uint32Array, to: Uint32Array, share: number, out: Uint32Array): void {
  const weight = Math.round(share * 65536);
  for (let i = 0; i < from.length; i++) {
    const a = from[i];
    const b = to[i];
    const x = (a & 65535) + (((b & 65535) - (a & 65535)) * weight) / 65536;
    const y = (a >>> 16) + (((b >>> 16) - (a >>> 16)) * weight) / 65536;
    out[i] = (x & 65535) | (y << 16);
  }
}
