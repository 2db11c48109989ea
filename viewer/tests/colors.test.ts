import { describe, expect, it } from "vitest";
import { coloringOf, isDiverging, plainColoring } from "../src/coloring";
import type { ColumnInfo } from "../src/map_folder";
import { CATEGORIES, DIVERGING, GREY, packed, ramp, SEQUENTIAL, slotsOf } from "../src/palettes";

const info = (over: Partial<ColumnInfo>): ColumnInfo => ({
  index: 0,
  name: "a",
  kind: "number",
  role: "input",
  group: "data",
  dtype: "u16q",
  min: 0,
  max: 1,
  nMissing: 0,
  why: "",
  ...over,
});

function luminance(hex: string): number {
  const [r, g, b] = [0, 2, 4]
    .map((at) => Number.parseInt(hex.slice(at, at + 2), 16) / 255)
    .map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}
const contrast = (a: string, b: string) => {
  const [x, y] = [luminance(a), luminance(b)].sort((p, q) => q - p);
  return (x + 0.05) / (y + 0.05);
};

describe("palettes", () => {
  it("have twelve different categories, each at least 3:1 on land", () => {
    const land = { light: "FFFFFF", dark: "171E26" };
    for (const theme of ["light", "dark"] as const) {
      expect(new Set(CATEGORIES[theme]).size).toBe(12);
      for (const hex of CATEGORIES[theme]) expect(contrast(hex, land[theme])).toBeGreaterThan(2.95);
    }
  });

  it("put more always farther from the land", () => {
    const rising = (stops: string[]) => stops.map(luminance);
    expect(rising(SEQUENTIAL.light)).toEqual([...rising(SEQUENTIAL.light)].sort((a, b) => b - a));
    expect(rising(SEQUENTIAL.dark)).toEqual([...rising(SEQUENTIAL.dark)].sort((a, b) => a - b));
  });

  it("meet their stops and pack as R, G, B, A in memory", () => {
    expect(ramp(SEQUENTIAL.light, 0)).toBe(SEQUENTIAL.light[0].toLowerCase());
    expect(ramp(SEQUENTIAL.light, 1)).toBe(SEQUENTIAL.light[8].toLowerCase());
    expect([...new Uint8Array(Uint32Array.of(packed("0D76C8")).buffer)]).toEqual([0x0d, 0x76, 0xc8, 255]);
  });
});

describe("coloring", () => {
  it("gives categories their colors in order and the missing the grey", () => {
    const data = { type: "codes" as const, codes: Uint8Array.of(1, 0, 255), missing: 255, names: ["x", "y"] };
    const coloring = coloringOf(info({ kind: "category" }), data, "light");
    expect([0, 1, 2].map(coloring.colorAt)).toEqual([
      `#${CATEGORIES.light[1]}`,
      `#${CATEGORIES.light[0]}`,
      `#${GREY.light}`,
    ]);
    expect(coloring.keys.map((key) => key.codes)).toEqual([[0], [1]]);
  });

  it("keeps the eleven largest of many categories and greys the rest", () => {
    const names = Array.from({ length: 30 }, (_, i) => String(i));
    const codes = Uint8Array.from({ length: 465 }, (_, i) => Math.floor((Math.sqrt(8 * i + 1) - 1) / 2));
    const slots = slotsOf({ type: "codes", codes, missing: 255, names });
    expect(slots.slots).toHaveLength(12);
    expect(slots.slots.slice(0, 11).flatMap((slot) => slot.codes)).toEqual([
      19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29,
    ]);
    const coloring = coloringOf(
      info({ kind: "category" }),
      { type: "codes", codes, missing: 255, names },
      "dark",
    );
    expect(coloring.colorAt(0)).toBe(`#${GREY.dark}`);
  });

  it("diverges around zero only where both sides weigh", () => {
    expect(isDiverging(info({ min: -3, max: 5 }))).toBe(true);
    expect(isDiverging(info({ min: -0.1, max: 50 }))).toBe(false);
    expect(isDiverging(info({ min: -3, max: 5, kind: "time" }))).toBe(false);
    const data = { type: "numbers" as const, steps: Uint16Array.of(0, 65534), min: -1, max: 3 };
    const coloring = coloringOf(info({ min: -1, max: 3 }), data, "light");
    expect(coloring.colorAt(1)).toBe(`#${DIVERGING.light[8].toLowerCase()}`);
    expect(coloring.colorAt(0)).not.toBe(`#${DIVERGING.light[0].toLowerCase()}`);
  });

  it("colors a map without columns plainly", () => {
    expect(plainColoring(3, "light").colors.index).toHaveLength(3);
  });
});
