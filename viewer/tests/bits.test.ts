import { describe, expect, it } from "vitest";
import {
  bitsOf,
  bothBits,
  countBits,
  eitherBits,
  fullBits,
  hasBit,
  rowsOf,
  spreadRows,
  withoutBits,
} from "../src/bits";
import { base64ToBytes, bitsToBase64 } from "../src/map_folder";

describe("sets of rows", () => {
  it("keeps exactly the rows put in", () => {
    const rows = [0, 1, 31, 32, 63, 64, 99];
    const bits = bitsOf([...rows, -1, 100], 100);
    expect([...rowsOf(bits)]).toEqual(rows);
    expect(countBits(bits)).toBe(rows.length);
    expect(hasBit(bits, 31)).toBe(true);
    expect(hasBit(bits, 30)).toBe(false);
  });

  it("fills no spare bit beyond the last row", () => {
    for (const n of [0, 1, 31, 32, 33, 100]) expect(countBits(fullBits(n))).toBe(n);
  });

  it("unites, intersects and takes away", () => {
    const [a, b] = [bitsOf([1, 2, 40], 64), bitsOf([2, 40, 63], 64)];
    expect([...rowsOf(bothBits(a, b))]).toEqual([2, 40]);
    expect([...rowsOf(eitherBits(a, b))]).toEqual([1, 2, 40, 63]);
    expect([...rowsOf(withoutBits(a, b))]).toEqual([1]);
  });

  it("writes row 0 as bit 0 of byte 0", () => {
    const bytes = base64ToBytes(bitsToBase64(bitsOf([0, 9, 17], 20), 20));
    expect([...bytes]).toEqual([1, 2, 2]);
  });

  it("spreads samples evenly and never twice", () => {
    expect(spreadRows(null, 10, 5)).toEqual([1, 3, 5, 7, 9]);
    const some = spreadRows(bitsOf([3, 5, 8], 10), 10, 20);
    expect(some).toEqual([3, 5, 8]);
  });
});
