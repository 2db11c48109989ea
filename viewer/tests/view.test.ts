import { describe, expect, it } from "vitest";
import type { MapInfo } from "../src/map_folder";
import { cell, createHistory, START, type View } from "../src/store";
import { fromHash, toHash } from "../src/url_state";

const column = (index: number, name: string) => ({
  index,
  name,
  kind: "number",
  role: "input",
  group: "data" as const,
  dtype: "u16q" as const,
  nMissing: 0,
  why: "",
});
const info = {
  nRows: 1000,
  columns: [
    column(0, "slant"),
    column(1, "a=b:c&#%"),
    column(2, "数字"),
    { ...column(3, "day"), kind: "time" },
  ],
} as unknown as MapInfo;

describe("the view in the address", () => {
  const view: View = {
    ...START,
    colorBy: 2,
    filters: [
      { column: 0, type: "range", low: -15.5, high: 20 },
      { column: 1, type: "codes", codes: [4, 9] },
    ],
    selection: [
      { mode: "new", shape: { kind: "polygon", points: [0.5, 1, 2, 3, -4, 5.25] } },
      { mode: "add", shape: { kind: "search", query: 'blue & "bowl" #1', mode: "text" } },
      { mode: "subtract", shape: { kind: "rows", rows: [3, 17, 999] } },
      { mode: "add", shape: { kind: "confusion", actual: 1, predicted: 2 } },
      { mode: "add", shape: { kind: "region", id: 7 } },
      { mode: "add", shape: { kind: "finding", index: 0 } },
    ],
    groupA: {
      parts: [{ mode: "new", shape: { kind: "region", id: 3 } }],
      filters: [{ column: 1, type: "codes", codes: [1] }],
    },
    groupB: {
      parts: [{ mode: "new", shape: { kind: "search", query: "a&b=c #", mode: "text" } }],
      filters: [],
    },
    row: 17,
    tab: "row",
    veil: true,
    threshold: 8,
    drawer: true,
    time: 3,
    camera: { x: 1.5, y: -2.25, zoom: 3 },
  };

  it("comes back as it was", () => {
    expect({ ...START, ...fromHash(toHash(view, info), info) }).toEqual(view);
  });

  it("leaves out what this map does not have", () => {
    const hash =
      "#color=gone&filter=gone:1..2&filter=slant:x..y&row=99999&tab=odd&at=1,2&select==evil:1&veil=999";
    expect({ ...START, ...fromHash(hash, info) }).toEqual({ ...START, veil: true, threshold: 15 });
  });

  it("is empty for the view at rest", () => {
    expect(toHash(START, info)).toBe("");
  });
});

describe("undo", () => {
  it("takes steps back and forth, camera and tabs are no steps", () => {
    const history = createHistory(START);
    history.change({ colorBy: 1 });
    history.amend({ tab: "row" });
    history.change({ veil: true });
    expect(history.undo()).toBe(true);
    expect([history.get().veil, history.get().colorBy, history.get().tab]).toEqual([false, 1, "row"]);
    history.undo();
    expect(history.get().colorBy).toBe(null);
    expect(history.undo()).toBe(false);
    history.redo();
    history.redo();
    expect([history.get().veil, history.canRedo()]).toEqual([true, false]);
  });

  it("counts a stroke of a brush as one step", () => {
    let now = 0;
    const history = createHistory(START, () => now);
    for (let i = 1; i <= 50; i++) {
      now += 16;
      history.change({ threshold: i }, "brush 0");
    }
    history.undo();
    expect(history.get().threshold).toBe(START.threshold);
  });

  it("forgets the way forward after a new step", () => {
    const history = createHistory(START);
    history.change({ colorBy: 1 });
    history.undo();
    history.change({ colorBy: 2 });
    expect(history.redo()).toBe(false);
  });
});

describe("a cell", () => {
  it("tells its value at once, then every change, until one stops listening", () => {
    const heard: number[] = [];
    const one = cell(1);
    const stop = one.subscribe((value) => heard.push(value));
    one.set(2);
    one.set(2);
    stop();
    one.set(3);
    expect(heard).toEqual([1, 2]);
  });
});
