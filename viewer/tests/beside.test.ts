import { describe, expect, it } from "vitest";
import { servedBackend } from "../src/api";
import type { Backend } from "../src/backend";
import {
  type Beside,
  loadBeside,
  morphPoints,
  pointBits,
  pointColors,
  pointOf,
  rowAt,
  rowsInside,
} from "../src/beside";
import { bitsOf, rowsOf } from "../src/bits";
import { decodeSequence } from "../src/map_folder";

const FULL = 65535;
const info = {
  name: "b",
  extent: [0, 0, 1, 1],
  nRows: 3,
  nMatched: 3,
  inOrder: false,
  key: "id",
  regions: [],
};
/** Rows 1, 3 and 4 of five, at the corners of the unit square. */
const backend = {
  beside: async () => ({
    info,
    rows: Uint32Array.of(1, 3, 4),
    places: Uint16Array.of(0, 0, FULL, 0, FULL, FULL),
  }),
} as unknown as Backend;
const load = async (): Promise<Beside> => (await loadBeside(backend, [0, 0, 1, 1]))!;

describe("a second map", () => {
  it("knows some of our rows, under numbers of its own", async () => {
    const beside = await load();
    expect([0, 1, 2, 3, 4].map((row) => pointOf(beside, row))).toEqual([null, 0, null, 1, 2]);
    expect([0, 1, 2].map((point) => rowAt(beside, point))).toEqual([1, 3, 4]);
    const inOrder = { ...beside, rows: null };
    expect([pointOf(inOrder, 2), pointOf(inOrder, 3), rowAt(inOrder, 2)]).toEqual([2, null, 2]);
  });

  it("wears our colors and our selection", async () => {
    const beside = await load();
    const colors = pointColors(beside, { index: Uint8Array.of(9, 8, 7, 6, 5), palette: Uint32Array.of(1) });
    expect([...colors.index]).toEqual([8, 6, 5]);
    expect([...rowsOf(pointBits(beside, bitsOf([0, 3, 4], 5))!)]).toEqual([1, 2]);
    expect(pointBits(beside, null)).toBe(null);
  });

  it("gives our rows for a lasso drawn on it", async () => {
    const right = Float32Array.of(0.5, -1, 2, -1, 2, 2, 0.5, 2);
    expect([...rowsOf(rowsInside(await load(), right, 5))]).toEqual([3, 4]);
  });

  it("is drawn over the extent of both; rows it does not know stay when the others fly", async () => {
    const beside = (await loadBeside(backend, [0, 0, 2, 1]))!;
    expect(beside.points.extent).toEqual([0, 0, 2, 1]);
    expect(beside.points.places[2]).toBe(Math.round(FULL / 2));
    const ours = { n: 5, places: new Uint16Array(10).fill(FULL), extent: beside.points.extent };
    const flown = morphPoints(ours, beside);
    expect([...flown.places.slice(0, 4)]).toEqual([FULL, FULL, 0, 0]);
    expect(await loadBeside({} as Backend, [0, 0, 1, 1])).toBe(null);
  });
});

describe("a sequence at full length", () => {
  const bytes = (head: number[], values: number[]) => {
    const all = new Uint8Array(12 + 4 * values.length);
    all.set(new Uint8Array(Uint32Array.from(head).buffer));
    all.set(new Uint8Array(Float32Array.from(values).buffer), 12);
    return all.buffer;
  };

  it("comes apart into its channels", () => {
    const { nSteps, stride, channels } = decodeSequence(bytes([3, 2, 1], [1, 10, 2, 20, 3, 30]));
    expect([nSteps, stride, channels.map((one) => [...one])]).toEqual([
      3,
      1,
      [
        [1, 2, 3],
        [10, 20, 30],
      ],
    ]);
    expect(decodeSequence(bytes([5, 1, 2], [1, 2, 3])).channels[0].length).toBe(3);
  });

  it("is damaged where bytes are missing", async () => {
    const ask = async () => new Response(bytes([4, 2, 1], [1, 2]));
    await expect(servedBackend("", ask).sequence!(0)).rejects.toMatchObject({ trouble: "damaged" });
  });
});
