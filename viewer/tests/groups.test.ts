import { describe, expect, it } from "vitest";
import type { Backend } from "../src/backend";
import { countsIn } from "../src/bins";
import { bitsOf, rowsOf } from "../src/bits";
import { createColumns } from "../src/columns";
import { createCrossfilter } from "../src/crossfilter";
import type { Groups } from "../src/explorer";
import { followGroups, groupColors, groupVerbs, isComparing, NO_GROUPS, rowsThatPass } from "../src/groups";
import { type Codes, type MapInfo, type Numbers, stepOf } from "../src/map_folder";
import { cell, createHistory, type Part, START } from "../src/store";

const numbers: Numbers = {
  type: "numbers",
  steps: Uint16Array.of(0, 100, 30_000, 65_534, 65_535),
  min: 0,
  max: 10,
};
const codes: Codes = {
  type: "codes",
  codes: Uint8Array.of(0, 1, 2, 255, 1),
  missing: 255,
  names: ["x", "y", "z"],
};
const turn = () => new Promise((done) => setTimeout(done, 0));

describe("rows that a filter lets through", () => {
  it("are those of the cross-filter, missing values never among them", () => {
    const filter = createCrossfilter(5);
    filter.keepRange(1, numbers.steps, stepOf(numbers, 0.01), stepOf(numbers, 10));
    const range = rowsThatPass({ column: 0, type: "range", low: 0.01, high: 10 }, numbers);
    expect([...rowsOf(range)]).toEqual([...rowsOf(filter.inside)]);
    expect([...rowsOf(range)]).toEqual([1, 2, 3]);
    expect([...rowsOf(rowsThatPass({ column: 0, type: "codes", codes: [1, 2] }, codes))]).toEqual([1, 2, 4]);
  });
});

describe("groups A and B", () => {
  const readRows = async (part: Part) => bitsOf(part.shape.kind === "rows" ? part.shape.rows : [], 5);
  const rows = (list: number[]): Part => ({ mode: "new", shape: { kind: "rows", rows: list } });
  const backend = { column: async () => numbers } as unknown as Backend;
  const columns = createColumns(backend, { nRows: 5, columns: [{ index: 0 }] } as unknown as MapInfo);

  it("take selection and filters with them, leave room for the next, and are compared when both are there", async () => {
    const view = createHistory(START);
    const groups = cell<Groups>(NO_GROUPS);
    followGroups({ view, groups }, 5, columns, readRows);
    const verbs = groupVerbs(view);
    verbs.markGroup("a");
    expect(view.get().groupA).toBe(null);
    view.change({
      selection: [rows([0, 1, 2])],
      filters: [{ column: 0, type: "range", low: 0.01, high: 10 }],
    });
    verbs.markGroup("a");
    expect([view.get().selection, view.get().filters]).toEqual([[], []]);
    view.change({ selection: [rows([2, 4])] });
    await turn();
    expect([...rowsOf(groups.get().a!.bits)]).toEqual([1, 2]);
    expect(isComparing(groups.get(), view.get())).toBe(false);
    verbs.markGroup("b");
    await turn();
    expect([groups.get().a!.n, groups.get().b!.n, groups.get().nBoth]).toEqual([2, 2, 1]);
    expect(isComparing(groups.get(), view.get())).toBe(true);
    verbs.swapGroups();
    await turn();
    expect([...rowsOf(groups.get().b!.bits)]).toEqual([1, 2]);
    view.undo();
    verbs.clearGroup("b");
    await turn();
    expect([groups.get().b, isComparing(groups.get(), view.get())]).toEqual([null, false]);
  });

  it("are drawn in two colors, rows in both as A, the rest grey", () => {
    const group = (list: number[]) => ({ bits: bitsOf(list, 5), n: list.length });
    const { index, palette } = groupColors({ a: group([0, 1]), b: group([1, 2]), nBoth: 1 }, 5, "light");
    expect([...index]).toEqual([0, 0, 1, 2, 2]);
    expect(new Set(palette).size).toBe(3);
  });

  it("are counted per bin, each by itself", () => {
    const counts = countsIn(Uint8Array.of(0, 1, 1, 255), bitsOf([1, 2, 3], 4));
    expect([counts[0], counts[1], counts[255]]).toEqual([0, 2, 1]);
  });
});
