import { describe, expect, it } from "vitest";
import { binsOf, MISSING_BIN } from "../src/bins";
import {
  type ColumnInfo,
  checkInfo,
  checkPlaces,
  decodeColumn,
  decodePlaces,
  type MapInfo,
  type Numbers,
  stepOf,
  valueAt,
} from "../src/map_folder";

const info = (over: Partial<ColumnInfo>): ColumnInfo => ({
  index: 0,
  name: "a",
  kind: "number",
  role: "input",
  group: "data",
  dtype: "u16q",
  nMissing: 0,
  why: "",
  ...over,
});

describe("bytes of a map", () => {
  it("reads steps as values between min and max, the last step as missing", () => {
    const bytes = Uint16Array.of(0, 65534, 32767, 65535).buffer;
    const data = decodeColumn(info({ min: 10, max: 20 }), bytes, 4) as Numbers;
    expect([0, 1, 2].map((row) => valueAt(data, row))).toEqual([10, 20, 15]);
    expect(valueAt(data, 3)).toBeNaN();
    expect(stepOf(data, 15)).toBe(32767);
    expect(stepOf(data, 99)).toBe(65534);
  });

  it("reads codes of both widths with their missing value", () => {
    const narrow = decodeColumn(
      info({ dtype: "u8", categories: ["x", "y"] }),
      Uint8Array.of(1, 255).buffer,
      2,
    );
    const wide = decodeColumn(info({ dtype: "u16", categories: ["x"] }), Uint16Array.of(0, 65535).buffer, 2);
    expect(narrow.type === "codes" && [...narrow.codes, narrow.missing]).toEqual([1, 255, 255]);
    expect(wide.type === "codes" && wide.missing).toBe(65535);
  });

  it("brings plain floats onto steps", () => {
    const bytes = Float32Array.of(1, Number.NaN, 3).buffer;
    const data = decodeColumn(info({ dtype: "f32", min: 1, max: 3 }), bytes, 3) as Numbers;
    expect([...data.steps]).toEqual([0, 65535, 65534]);
  });

  it("says what is missing when an answer is cut short", () => {
    expect(() => checkPlaces(decodePlaces(new ArrayBuffer(6)), 2)).toThrow(
      "places: 8 bytes expected, 4 found",
    );
    expect(checkPlaces(decodePlaces(new ArrayBuffer(8)), 2)).toHaveLength(4);
    expect(() => decodeColumn(info({ name: "price" }), new ArrayBuffer(3), 2)).toThrow(
      "price: 4 bytes expected",
    );
  });

  it("refuses a map of another format", () => {
    expect(() => checkInfo({ format: 7 } as MapInfo)).toThrow("format 7");
  });
});

describe("bins", () => {
  it("gives few values a bin each, with borders midway", () => {
    const steps = Uint16Array.of(0, 32767, 65534, 32767, 65535);
    const bins = binsOf({ type: "numbers", steps, min: 0, max: 4 });
    expect(bins.values?.map((v) => Math.round(v))).toEqual([0, 2, 4]);
    expect([...bins.bins]).toEqual([0, 1, 2, 1, MISSING_BIN]);
    expect(bins.edges?.map((v) => Math.round(v))).toEqual([-1, 1, 3, 5]);
  });

  it("gives many values bins of equal width that hold every row", () => {
    const steps = Uint16Array.from({ length: 1000 }, (_, i) => i * 65);
    const bins = binsOf({ type: "numbers", steps, min: 0, max: 1 });
    expect(bins.n).toBe(32);
    expect(bins.edges).toHaveLength(33);
    expect(Math.max(...bins.bins)).toBeLessThan(32);
  });

  it("groups categories beyond eleven as other", () => {
    const names = Array.from({ length: 40 }, (_, i) => `c${i}`);
    const codes = Uint8Array.from({ length: 4000 }, (_, i) => (i < 400 ? i % 40 : i % 12));
    const bins = binsOf({ type: "codes", codes, missing: 255, names });
    expect(bins.n).toBe(12);
    expect(bins.slots?.slots[11].isOther).toBe(true);
    const sizes = bins.slots!.slots.reduce((sum, slot) => sum + slot.count, 0);
    expect(sizes).toBe(4000);
  });
});
