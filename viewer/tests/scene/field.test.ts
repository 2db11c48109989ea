import { expect, test } from "vitest";
import { isolines } from "../../src/scene/contours";
import { binRows, blur, densityOf, frameOf, GRID, peakOf, SHORE } from "../../src/scene/field";
import { paintGround, paintMist } from "../../src/scene/ground";
import { terrainOf } from "../../src/scene/terrain";
import { mapTokens, packRgb, rgbOf } from "../../src/scene/tokens";
import { groups } from "./made";

const sum = (values: Float32Array) => values.reduce((total, value) => total + value, 0);

test("every row is counted in one cell, and smoothing loses none", () => {
  const { points } = groups(5000);

  const bins = binRows(points, frameOf(points.extent));

  expect(sum(bins)).toBe(5000);
  expect(sum(blur(bins, 4))).toBeCloseTo(5000, 0);
});

test("a single count spreads evenly to all sides", () => {
  const values = new Float32Array(GRID * GRID);
  values[200 * GRID + 300] = 1;

  const smooth = blur(values, 3);

  expect(smooth[200 * GRID + 295]).toBeCloseTo(smooth[205 * GRID + 300], 6);
  expect(smooth[200 * GRID + 295]).toBeCloseTo(smooth[200 * GRID + 305], 6);
  expect(peakOf(smooth)).toBe(smooth[200 * GRID + 300]);
});

test("nearly all rows stand on land, also beside one spot of a thousand duplicates", () => {
  const { points } = groups(4000);
  points.places.fill(30000, 0, 2000);

  const { land, frame } = densityOf(points);
  const bins = binRows(points, frame);
  const ashore = bins.reduce((total, rows, cell) => total + (land[cell] >= SHORE * 0.99 ? rows : 0), 0);

  expect(ashore / points.n).toBeGreaterThan(0.95);
});

test("sea far away is sea, the middle of a group is land", () => {
  const { points } = groups(3000, 1);
  const tokens = mapTokens("light");
  const { land, wide } = densityOf(points);

  const colors = paintGround(land, wide, tokens);

  expect(colors[0]).toBe(packRgb(rgbOf(tokens.sea)));
  expect(colors[land.indexOf(peakOf(land))]).toBe(packRgb(rgbOf(tokens.land)));
});

test("mist lies where rows are uncertain and nowhere else", () => {
  const { points, group } = groups(6000, 2, 3);
  const { density } = terrainOf(points);
  const veil = group.map((k) => (k === 0 ? 255 : 0));

  const mist = paintMist(points, veil, density);
  const misty = binRows(points, density.frame).reduce<[number, number]>(
    (found, rows, cell) => (rows > 0 && mist[cell] > 100 ? [found[0] + rows, found[1]] : found),
    [0, 0],
  );

  expect(misty[0]).toBeGreaterThan(0.4 * group.filter((k) => k === 0).length);
  expect(peakOf(Float32Array.from(paintMist(points, new Uint8Array(6000), density)))).toBe(0);
});

test("the isoline of a round hill is one closed circle of the right radius", () => {
  const width = 64;
  const hill = new Float32Array(width * width);
  for (let y = 0; y < width; y++)
    for (let x = 0; x < width; x++) hill[y * width + x] = 30 - Math.hypot(x - 31.5, y - 31.5);

  const lines = isolines(hill, width, 10);

  expect(lines).toHaveLength(1);
  expect(lines[0].closed).toBe(true);
  for (let k = 0; k < lines[0].places.length; k += 2) {
    expect(Math.hypot(lines[0].places[k] - 31.5, lines[0].places[k + 1] - 31.5)).toBeCloseTo(20, 1);
  }
});

test("a hill cut by the edge gives an open line, and flat ground none", () => {
  const width = 16;
  const slope = Float32Array.from({ length: width * width }, (_, k) => k % width);

  expect(isolines(slope, width, 7.5).map((line) => line.closed)).toEqual([false]);
  expect(isolines(new Float32Array(width * width), width, 0.5)).toEqual([]);
});

test("a saddle keeps its lines apart", () => {
  const lines = isolines(Float32Array.from([1, 0, 1, 0, 1, 0, 1, 0, 1]), 3, 0.5);

  const crossings = lines.reduce((total, line) => total + line.places.length / 2, 0);
  expect(crossings).toBe(12);
});

test("a map of one row, or of none, has a terrain", () => {
  for (const n of [0, 1]) {
    const terrain = terrainOf({ n, places: new Uint16Array(2 * n), extent: [0, 0, 0, 0] });

    expect(terrain.density.land.every(Number.isFinite)).toBe(true);
    expect(terrain.contours.levels).toHaveLength(3);
    expect(terrain.crowd).toHaveLength(n);
  }
});
