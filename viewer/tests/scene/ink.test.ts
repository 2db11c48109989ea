import { expect, test } from "vitest";
import { viewOf, wholeMap } from "../../src/scene/camera";
import { mixPacked } from "../../src/scene/cpu_ground";
import { CpuRaster, targetOf } from "../../src/scene/cpu_raster";
import {
  CONTEXT_STATE,
  contextInk,
  crowdFloor,
  crowdOpacity,
  inkOf,
  opacityTable,
  pointRadius,
  veilState,
} from "../../src/scene/ink";
import { bitsInDrawOrder, blendPairs, inDrawOrder, pairsOf } from "../../src/scene/order";
import { shareOf } from "../../src/scene/painter";
import { coverage, PHASES, stampsOf } from "../../src/scene/stamps";
import { cssOf, mapTokens, packRgb, rgbOf } from "../../src/scene/tokens";
import { allRows } from "./made";

const TOKENS = mapTokens("light");

test("a color packs into bytes R, G, B, A and comes back", () => {
  const packed = packRgb(rgbOf("#2F49D1"));

  expect([...new Uint8Array(Uint32Array.of(packed).buffer)]).toEqual([0x2f, 0x49, 0xd1, 255]);
  expect(cssOf(packed)).toBe("rgb(47, 73, 209)");
});

test("two packed colors mix channel by channel", () => {
  const mixed = mixPacked(0xff0a64c8, 0xff6e0064, 128) >>> 0;

  expect([...new Uint8Array(Uint32Array.of(mixed).buffer)]).toEqual([150, 50, 60, 255]);
  expect(mixPacked(0xff0a64c8, 0xff6e0064, 0) >>> 0).toBe(0xff0a64c8);
  expect(mixPacked(0xff0a64c8, 0xff6e0064, 256) >>> 0).toBe(0xff6e0064);
});

test.each([1, 2, 3, 10, 97, 1000, 65536])("draw order of %i rows holds every row once", (n) => {
  const order = inDrawOrder(Uint32Array.from(allRows(n)));

  expect([...order].sort((a, b) => a - b)).toEqual(allRows(n));
});

test("any prefix of the draw order samples rows evenly, though classes come in blocks", () => {
  const order = inDrawOrder(Uint32Array.from(allRows(100_000))).subarray(0, 20_000);
  const perBlock = new Array(10).fill(0);
  for (const row of order) perBlock[Math.floor(row / 10_000)]++;

  for (const count of perBlock) expect(Math.abs(count - 2000)).toBeLessThan(60);
});

test("rows outside the selection become grey context, rows inside keep their color", () => {
  const raster = new CpuRaster();
  const extent: [number, number, number, number] = [0, 0, 10, 10];
  const view = viewOf(wholeMap(extent), extent, { width: 100, height: 100, dpr: 1 });
  const opacities = new Uint16Array(256).fill(256);
  const frame = { view, radius: 2, opacities, share: 1, hasContext: true, flight: 0 };
  raster.setGeometry({ pairs: pairsOf(Uint16Array.of(16384, 32768, 49152, 32768)), extent });
  raster.setInk(Uint32Array.of(0x112233, 0x445566));
  raster.setContext({ inside: Uint32Array.of(0b10), ink: contextInk(TOKENS) });
  const at = (pixels: Uint32Array, row: number) => pixels[50 * 100 + (row ? 72 : 28)] & 0xffffff;
  const both = targetOf(frame);
  raster.paint(both, frame);
  raster.setContext(null);
  const none = targetOf(frame);
  raster.paint(none, { ...frame, hasContext: false });

  expect(contextInk(TOKENS) >>> 29).toBe(CONTEXT_STATE);
  expect([at(both.pixels, 0), at(both.pixels, 1)]).toEqual([packRgb(rgbOf(TOKENS.grey), 0), 0x445566]);
  expect([at(none.pixels, 0), at(none.pixels, 1)]).toEqual([0x112233, 0x445566]);
});

test.each([1, 2, 31, 97, 1000])("bits of %i rows stand in the draw order of their rows", (n) => {
  const bits = Uint32Array.from({ length: Math.ceil(n / 32) }, (_, k) => 0x9e3779b9 * (k + 1));
  const plain = Uint32Array.from(allRows(n), (row) => (bits[row >>> 5] >>> (row & 31)) & 1);

  expect([...bitsInDrawOrder(bits, n)]).toEqual([...inDrawOrder(plain)]);
});

test("ink stands in draw order, the crowd in its style", () => {
  const n = 97;
  const index = Uint8Array.from(allRows(n), (row) => row % 5);
  const palette = Uint32Array.from([1, 2, 3, 4, 5], (k) => 0xff000000 | k);
  const crowd = Uint8Array.from(allRows(n), (row) => row % 32);

  const ink = inkOf({ n, colors: { index, palette }, crowd, veil: null }, TOKENS);

  const wanted = Uint32Array.from(allRows(n), (row) => (crowd[row] << 24) | (1 + (row % 5)));
  expect([...ink]).toEqual([...inDrawOrder(wanted)]);
});

test("the veil moves a hue 72 % of the way to grey and no further", () => {
  const colors = { index: Uint8Array.of(0), palette: Uint32Array.of(packRgb(rgbOf("#000000"))) };
  const grey = rgbOf(TOKENS.grey);

  const ink = inkOf({ n: 1, colors, crowd: Uint8Array.of(0), veil: Uint8Array.of(255) }, TOKENS);

  expect(ink[0] & 255).toBe(Math.round(grey[0] * 0.72));
  expect(veilState(0)).toBe(1);
});

test("a color slot beyond the palette takes the last one instead of nothing", () => {
  const colors = { index: Uint16Array.of(999), palette: Uint32Array.of(0xff000001, 0xff000002) };

  expect(inkOf({ n: 1, colors, crowd: Uint8Array.of(0), veil: null }, TOKENS)[0] & 255).toBe(2);
});

test("opacity runs from 0.80 alone to 0.27 in a crowd, and zooming in raises it", () => {
  expect(0.8 * crowdOpacity(0, 1)).toBeCloseTo(0.8);
  expect(0.8 * crowdOpacity(1e6, 1)).toBeCloseTo(0.272);
  expect(crowdOpacity(5, 10)).toBeGreaterThan(crowdOpacity(5, 1));
  const table = opacityTable(1, 0.8);
  expect(table[0]).toBe(205);
  expect(table[7 * 32 + 5]).toBe(92);
  expect(table[6 * 32]).toBeLessThan(table[1 * 32]);
});

test("crowds of millions are drawn fainter, so that they keep their relief", () => {
  expect(crowdFloor(70_000)).toBe(0.34);
  expect(crowdFloor(5_000_000)).toBeLessThan(0.15);
  expect(opacityTable(1, 0.8, 5_000_000)[31]).toBeLessThan(opacityTable(1, 0.8, 70_000)[31]);
  expect(opacityTable(1, 0.8, 5_000_000)[0]).toBe(205);
});

test("points have the look's size at 70,000 rows and grow with zoom^0.45", () => {
  expect(pointRadius(70000, 1, 1200)).toBeCloseTo(1.12);
  expect(pointRadius(70000, 1, 400)).toBeCloseTo(0.78);
  expect(pointRadius(70000, 8, 1200) / pointRadius(70000, 1, 1200)).toBeCloseTo(8 ** 0.45);
  expect(pointRadius(150, 1, 1200)).toBeGreaterThan(2.5);
});

test("a stamp holds about the disc's area, whatever the phase", () => {
  const stamps = stampsOf(2.2);
  for (let phase = 0; phase < PHASES * PHASES; phase++) {
    let area = 0;
    for (let k = stamps.starts[phase]; k < stamps.starts[phase + 1]; k++) area += stamps.weights[k] / 256;
    expect(Math.abs(area - Math.PI * 2.2 ** 2)).toBeLessThan(1);
  }
  expect(coverage(0, 1)).toBe(1);
  expect(coverage(9, 1)).toBe(0);
});

test("one row is painted where it is, and nowhere else", () => {
  const raster = new CpuRaster();
  const extent: [number, number, number, number] = [0, 0, 10, 10];
  const view = viewOf(wholeMap(extent), extent, { width: 100, height: 100, dpr: 1 });
  const frame = {
    view,
    radius: 2,
    opacities: new Uint16Array(256).fill(256),
    share: 1,
    hasContext: false,
    flight: 0,
  };
  raster.setGeometry({ pairs: pairsOf(Uint16Array.of(32768, 32768)), extent });
  raster.setInk(Uint32Array.of(0x0000ff));
  const target = targetOf(frame);

  raster.paint(target, frame);

  expect(target.pixels[50 * 100 + 50]).toBe(0xff0000ff);
  expect(target.pixels.filter((pixel) => pixel !== 0).length).toBeLessThan(30);
  expect(target.pixels[46 * 100 + 50]).toBe(0);
});

test("rows fly straight from one layout to the other", () => {
  const out = new Uint32Array(1);
  blendPairs(pairsOf(Uint16Array.of(0, 60000)), pairsOf(Uint16Array.of(1000, 0)), 0.25, out);

  expect(out[0] & 65535).toBe(250);
  expect(out[0] >>> 16).toBe(45000);
});

test("only a moving map of very many rows is sampled", () => {
  expect(shareOf(5_000_000, true)).toBeCloseTo(0.04);
  expect(shareOf(5_000_000, false)).toBe(1);
  expect(shareOf(300_000, true)).toBe(1);
});
