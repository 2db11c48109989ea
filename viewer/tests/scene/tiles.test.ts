import { describe, expect, test } from "vitest";
import { viewOf } from "../../src/scene/camera";
import { CpuRaster, targetOf } from "../../src/scene/cpu_raster";
import { paintGround } from "../../src/scene/ground";
import { CONTEXT_STATE, CROWD_LEVELS, opacityTable } from "../../src/scene/ink";
import { inDrawOrder, pairsOf } from "../../src/scene/order";
import type { Frame } from "../../src/scene/renderer";
import { terrainOf } from "../../src/scene/terrain";
import { bandsOf, inOrder, maskInk, tileSideFor, tilesOf, visitTiles } from "../../src/scene/tiles";
import { mapTokens } from "../../src/scene/tokens";
import { groups } from "./made";

const N = 80_000;
const { points } = groups(N, 5);
const pairs = () => inDrawOrder(pairsOf(points.places.slice()));
const view = viewOf({ x: 0, y: 0, zoom: 1.3 }, points.extent, { width: 300, height: 220, dpr: 1 });
const frame: Frame = {
  view,
  radius: 1.4,
  opacities: opacityTable(1, 0.8, N),
  share: 1,
  hasContext: false,
  flight: 0,
};

function rasterOf(isContext: (k: number) => boolean): CpuRaster {
  const raster = new CpuRaster();
  raster.setGeometry({ pairs: pairs(), extent: points.extent });
  const context = ((CONTEXT_STATE * CROWD_LEVELS) << 24) | 0xc7beb4;
  raster.setInk(Uint32Array.from({ length: N }, (_, k) => (isContext(k) ? context : 0x05_c8_76_0d)));
  const { land, wide, frame: cells } = terrainOf(points).density;
  const tokens = mapTokens("light");
  raster.setGround({ frame: cells, colors: paintGround(land, wide, tokens), sea: 0xfff3f1ed });
  return raster;
}

describe("tiles", () => {
  const tiles = tilesOf(pairs());

  test("hold every row once, each tile in draw order, the rows of a tile together", () => {
    expect(tileSideFor(N)).toBe(3);
    expect([...tiles.order].sort((a, b) => a - b).every((k, i) => k === i)).toBe(true);
    for (let tile = 0; tile < 9; tile++) {
      const rows = tiles.order.subarray(tiles.starts[tile], tiles.starts[tile + 1]);
      expect(rows.every((k, i) => i === 0 || k > rows[i - 1])).toBe(true);
    }
  });

  test.each([1, 2, 3, 97, 80_000])("show context exactly where a bit of %i rows is not set", (n) => {
    const { order } = tilesOf(inDrawOrder(pairsOf(points.places.slice(0, 2 * n))));
    const inside = Uint32Array.from({ length: Math.ceil(n / 32) }, (_, k) => 0x9e3779b9 * (k + 1));
    const rows = inDrawOrder(Uint32Array.from({ length: n }, (_, row) => row));
    const out = new Uint32Array(n);
    maskInk(inOrder(rows, order), order, { inside, ink: 0xffffffff }, out);
    const isRight = [...out].every((shown, k) => {
      const row = rows[order[k]];
      return shown === ((inside[row >>> 5] >>> (row & 31)) & 1 ? row : 0xffffffff);
    });
    expect(isRight).toBe(true);
  });

  test("that a box touches hold every row inside the box", () => {
    const to = { kx: 0.005, bx: -20, ky: -0.004, by: 250 };
    const place = (pair: number) => [(pair & 65535) * to.kx + to.bx, (pair >>> 16) * to.ky + to.by];
    const [cx, cy] = place(tiles.pairs[777]);
    const box = { x0: cx - 30, y0: cy - 20, x1: cx + 30, y1: cy + 20 };
    const seen = new Set<number>();
    visitTiles(tiles, box, to, (begin, end) => {
      for (let k = begin; k < end; k++) seen.add(k);
    });
    let inside = 0;
    tiles.pairs.forEach((pair, k) => {
      const [x, y] = place(pair);
      if (x < box.x0 || x > box.x1 || y < box.y0 || y > box.y1) return;
      inside++;
      expect(seen.has(k)).toBe(true);
    });
    expect(inside).toBeGreaterThan(100);
    expect(seen.size).toBeLessThan(N);
  });

  test("cut the picture into bands of about the same work", () => {
    const to = { kx: 300 / 65536, bx: 0, ky: -220 / 65536, by: 220 };
    const [first, middle, last] = bandsOf(tiles, to, { width: 300, height: 220 }, 2);
    expect([first, last]).toEqual([0, 220]);
    const above = tiles.pairs.filter((pair) => (pair >>> 16) * to.ky + to.by < middle).length;
    expect(above / N).toBeGreaterThan(0.3);
    expect(above / N).toBeLessThan(0.7);
  });
});

describe("bands painted by two workers", () => {
  const band = (raster: CpuRaster, at: [number, number], shot: Frame) => {
    const target = targetOf(shot, undefined, raster.band(shot, ...at));
    raster.paint(target, shot);
    return target;
  };

  test.each([
    ["all rows", () => false, 1],
    ["a sample", () => false, 0.2],
  ])("are the picture painted whole: %s", (_, isContext, share) => {
    const raster = rasterOf(isContext);
    const shot = { ...frame, share };
    const whole = targetOf(shot);
    raster.paint(whole, shot);
    const [a, b] = [band(raster, [0, 2], shot), band(raster, [1, 2], shot)];
    expect([a.top, a.height, b.top + b.height]).toEqual([0, b.top, whole.height]);
    expect([...a.pixels, ...b.pixels]).toEqual([...whole.pixels]);
  });

  test("context that lies many rows deep is left out where it would change nothing", () => {
    const quick = targetOf(frame);
    rasterOf(() => true).paint(quick, { ...frame, hasContext: true });
    const plain = rasterOf(() => false);
    plain.setInk(new Uint32Array(N).fill(0xc7beb4));
    const opacities = new Uint16Array(256).fill(frame.opacities[CONTEXT_STATE * CROWD_LEVELS]);
    const slow = targetOf(frame);
    plain.paint(slow, { ...frame, opacities });
    const apart = (at: number) =>
      Math.max(
        ...[0, 8, 16].map((shift) =>
          Math.abs(((quick.pixels[at] >>> shift) & 255) - ((slow.pixels[at] >>> shift) & 255)),
        ),
      );
    const differing = quick.pixels.filter((_, at) => apart(at) > 8).length;
    expect(differing / quick.pixels.length).toBeLessThan(0.001);
    expect(new Set(quick.pixels).size).toBeGreaterThan(50);
  });
});
