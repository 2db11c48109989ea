import { describe, expect, it } from "vitest";
import type { Explorer } from "../src/explorer";
import { takeOver } from "../src/progressive";
import { cell, createHistory, START, type View } from "../src/store";
import { toHash } from "../src/url_state";

const column = (index: number, categories: string[]) => ({
  index, name: `c${index}`, kind: "category", role: "input", group: "data", dtype: "u8",
  categories, counts: [], nMissing: 0, why: "",
}); // biome-ignore format: one line per fact

function opened(nRows: number, categories: string[], view: Partial<View> = {}): Explorer {
  const info = { nRows, columns: [column(0, ["p"]), column(1, categories)], regions: [] };
  const settings = cell({ theme: "light", language: "en" });
  return {
    info,
    view: createHistory({ ...START, ...view }),
    camera: cell(null),
    settings,
    setTheme: (theme: string) => settings.set({ ...settings.get(), theme }),
    setLanguage: (language: string) => settings.set({ ...settings.get(), language }),
  } as unknown as Explorer;
}

describe("the whole map takes over from its sample", () => {
  it("keeps what the person did, by names, without rows that are numbered otherwise", () => {
    const first = opened(10, ["a", "b"]);
    const whole = opened(99, ["b", "a"]);
    const before = toHash(first.view.get(), first.info);
    first.view.change({
      colorBy: 1,
      row: 3,
      tab: "row",
      filters: [{ column: 1, type: "codes", codes: [1] }],
      selection: [
        { mode: "new", shape: { kind: "polygon", points: [0, 0, 1, 0, 1, 1] } },
        { mode: "add", shape: { kind: "rows", rows: [4] } },
      ],
    });
    first.camera.set({ x: 1, y: 2, zoom: 3 });
    first.settings.set({ theme: "dark", language: "zh" });
    takeOver(first, whole, before);
    const now = whole.view.get();
    expect(now).toMatchObject({ colorBy: 1, row: null, tab: "map", camera: { x: 1, y: 2, zoom: 3 } });
    expect(now.selection.map((part) => part.shape.kind)).toEqual(["polygon"]);
    expect(now.filters).toEqual([{ column: 1, type: "codes", codes: [0] }]);
    expect(whole.settings.get()).toEqual({ theme: "dark", language: "zh" });
  });

  it("leaves the link's row alone where the person did nothing", () => {
    const first = opened(10, ["a"]);
    const whole = opened(99, ["a"], { row: 77, tab: "row" });
    takeOver(first, whole, toHash(first.view.get(), first.info));
    expect(whole.view.get()).toMatchObject({ row: 77, tab: "row" });
  });
});
