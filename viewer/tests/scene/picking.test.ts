import { expect, test } from "vitest";
import { indexOf, nearestRow, placeOf, visitBox } from "../../src/scene/picking";
import { rowsInPolygon } from "../../src/scene/polygon";
import { boxOfRows } from "../../src/scene/rows_box";
import { allRows, groups, seeded } from "./made";

const { points } = groups(8000);
const index = indexOf(points);

const distanceTo = (row: number, at: [number, number]) => {
  const [x, y] = placeOf(points, row);
  return Math.hypot(x - at[0], y - at[1]);
};

test("every row is in the index once", () => {
  expect([...index.rows].sort((a, b) => a - b)).toEqual(allRows(8000));
});

test("the nearest row is the one that a search through all rows finds", () => {
  const random = seeded(5);
  for (let trial = 0; trial < 60; trial++) {
    const at: [number, number] = [random() * 240 - 120, random() * 200 - 100];
    const near = allRows(8000).filter((row) => distanceTo(row, at) <= 4);
    const least = near.length ? Math.min(...near.map((row) => distanceTo(row, at))) : null;

    const found = nearestRow(points, index, at, 4, null);

    expect(found === null ? null : distanceTo(found, at)).toEqual(least);
  }
});

test("rows outside the selection cannot be picked", () => {
  const at = placeOf(points, 123);
  const onlyRow5 = new Uint32Array(250);
  onlyRow5[0] = 1 << 5;

  expect(nearestRow(points, index, at, 1000, onlyRow5)).toBe(5);
  expect(nearestRow(points, index, at, 1000, new Uint32Array(250))).toBeNull();
});

test("a visit of a box misses no row in it", () => {
  const seen = new Set<number>();
  visitBox(points, index, [-40, -30, 20, 25], (row) => seen.add(row));

  for (const row of allRows(8000)) {
    const [x, y] = placeOf(points, row);
    if (x >= -40 && x <= 20 && y >= -30 && y <= 25) expect(seen.has(row)).toBe(true);
  }
});

/** Even-odd, one row at a time. */
function within(polygon: Float32Array, [x, y]: [number, number]): boolean {
  let inside = false;
  for (let k = 0, j = polygon.length - 2; k < polygon.length; j = k, k += 2) {
    const [xa, ya, xb, yb] = [polygon[j], polygon[j + 1], polygon[k], polygon[k + 1]];
    if (ya > y !== yb > y && x < ((xb - xa) * (y - ya)) / (yb - ya) + xa) inside = !inside;
  }
  return inside;
}

const star = (corners: number, wide: number, narrow: number) =>
  Float32Array.from({ length: 2 * corners }, (_, k) => {
    const turn = (Math.floor(k / 2) / corners) * 2 * Math.PI;
    const radius = Math.floor(k / 2) % 2 ? narrow : wide;
    return k % 2 ? radius * Math.sin(turn) - 5 : radius * Math.cos(turn) + 3;
  });

test.each([
  ["a triangle", Float32Array.from([-60, -50, 70, -10, 0, 75])],
  ["a box", Float32Array.from([-30, -30, 40, -30, 40, 35, -30, 35])],
  ["a star of many corners", star(80, 75, 30)],
  ["a bow that crosses itself", Float32Array.from([-60, -60, 60, 60, 60, -60, -60, 60])],
  ["a lasso larger than the map", star(12, 900, 800)],
])("%s holds the rows that a test of each row finds", (_, polygon) => {
  const mask = rowsInPolygon(points, index, polygon);

  for (const row of allRows(8000)) {
    const bit = (mask[row >>> 5] >>> (row & 31)) & 1;
    expect(bit === 1, `row ${row}`).toBe(within(polygon, placeOf(points, row)));
  }
});

test("a lasso of two corners holds nothing", () => {
  const mask = rowsInPolygon(points, index, Float32Array.from([0, 0, 50, 50]));

  expect(mask.every((word) => word === 0)).toBe(true);
});

test("the box of rows holds them, and one row still has a box of some size", () => {
  const box = boxOfRows(points, Uint32Array.from([1, 2, 3]));
  const alone = boxOfRows(points, Uint32Array.from([1]));

  for (const row of [1, 2, 3]) expect(box && placeOf(points, row)[0] >= box[0]).toBe(true);
  expect(alone && alone[2] - alone[0]).toBeGreaterThan(1);
  expect(boxOfRows(points, new Uint32Array(0))).toBeNull();
});
