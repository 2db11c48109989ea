/**
 * Draw order. Any prefix must be a fair sample and no class may lie on top, without keeping a permutation
 * of millions of rows: rows 0, s, 2s, … come first, then 1, s + 1, 2s + 1, … with s near √n. Classes that
 * come in blocks are mixed, and reading stays within the processor's caches (a random order costs ten
 * times as much at 5 million rows).
 */
export const strideFor = (n: number): number => Math.max(Math.round(Math.sqrt(n)), 1);

/** Values of a row-ordered array, in draw order. */
export function inDrawOrder(values: Uint32Array): Uint32Array {
  const n = values.length;
  const stride = strideFor(n);
  const ordered = new Uint32Array(n);
  let position = 0;
  for (let first = 0; first < stride; first++) {
    for (let row = first; row < n; row += stride) ordered[position++] = values[row];
  }
  return ordered;
}

/** One byte per row in draw order, 1 where its bit is set; bits are in row order. */
export function bitsInDrawOrder(bits: Uint32Array, n: number): Uint8Array {
  const stride = strideFor(n);
  const ordered = new Uint8Array(n);
  let position = 0;
  for (let first = 0; first < stride; first++) {
    for (let row = first; row < n; row += stride) ordered[position++] = (bits[row >>> 5] >>> (row & 31)) & 1;
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
