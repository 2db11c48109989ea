import { describe, expect, it } from "vitest";
import { bitsOf } from "../src/bits";
import { contrastInPage } from "../src/contrast";
import { calibrationOf, confusedPairs, confusionOf, evaluatedParts, rocsOf } from "../src/evaluation";
import { brushOf, passes, rangeOf, toggled } from "../src/filter_logic";
import { nearestOnMap } from "../src/geometry";
import { linePath, niceTicks, thinned } from "../src/lines";
import type { ColumnInfo, MapInfo } from "../src/map_folder";
import { slotsOf } from "../src/palettes";
import { keptOf15 } from "../src/roles";
import { baselineWins, trackOf } from "../src/scores";
import { ingredientsOf, suggestedNames, withColumn } from "../src/selection_words";
import { sortedRows } from "../src/table";

const column = (over: Partial<ColumnInfo>): ColumnInfo => ({
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

describe("clicks on keys", () => {
  const groups = [[0], [1], [2, 3]];
  it("show only the first, then add, take away, and end without a filter", () => {
    const first = toggled(undefined, [1], groups)!;
    expect(first).toEqual([1]);
    const filter = (codes: number[]) => ({ column: 0, type: "codes" as const, codes });
    expect(toggled(filter(first), [2, 3], groups)).toEqual([1, 2, 3]);
    expect(toggled(filter([1, 2, 3]), [0], groups)).toBe(null);
    expect(toggled(filter([1]), [1], groups)).toBe(null);
    expect([passes(filter([1]), [1]), passes(filter([1]), [0]), passes(undefined, [0])]).toEqual([
      true,
      false,
      true,
    ]);
  });
});

describe("strokes of a brush", () => {
  it("snap to whole bins where values are few, and come back where they were drawn", () => {
    const bins = { bins: new Uint8Array(0), n: 4, edges: [-0.5, 0.5, 1.5, 2.5, 3.5], values: [0, 1, 2, 3] };
    const filter = rangeOf(0, bins, 0.3, 0.7)!;
    expect(filter).toEqual({ column: 0, type: "range", low: 0.5, high: 2.5 });
    expect(brushOf(filter, bins)).toEqual([0.25, 0.75]);
  });

  it("run freely over many values; the whole axis is no filter", () => {
    const bins = { bins: new Uint8Array(0), n: 2, edges: [0, 50, 100] };
    expect(rangeOf(3, bins, 0.9, 0.25)).toEqual({ column: 3, type: "range", low: 25, high: 90 });
    expect(rangeOf(3, bins, 0, 1)).toBe(null);
    expect(rangeOf(3, bins, 0.5, 0.501)).toBe(null);
  });
});

describe("scores", () => {
  it("put value and baseline on one track", () => {
    const track = trackOf({ name: "accuracy", value: 0.98, baseline: 0.92, higher_is_better: true });
    expect(track.value).toBeGreaterThan(track.baseline!);
    expect(track.value).toBeLessThan(1);
    const error = trackOf({ name: "MAE", value: 2, baseline: 4, higher_is_better: false });
    expect([error.value < error.baseline!, error.baseline! < 1]).toEqual([true, true]);
    for (const odd of [Number.NaN, 0, 1, 1e9, -3]) {
      const at = trackOf({ name: "x", value: odd, baseline: null });
      expect(at.value >= 0 && at.value <= 1).toBe(true);
    }
  });

  it("say when the baseline is as good", () => {
    expect(baselineWins({ name: "accuracy", value: 0.9, baseline: 0.91 })).toBe(true);
    expect(baselineWins({ name: "MAE", value: 2, baseline: 4, higher_is_better: false })).toBe(false);
    expect(baselineWins({ name: "accuracy", value: 0.9, baseline: null })).toBe(false);
  });
});

describe("evaluation", () => {
  const matrix = [
    [8, 2],
    [1, 9],
  ];
  it("is read in both forms, and not at all where it is damaged", () => {
    expect(confusionOf({ confusion: matrix, classes: ["a", "b"] })?.classes).toEqual(["a", "b"]);
    expect(confusionOf({ confusion: { classes: ["a", "b"], counts: matrix } })?.counts[0][1]).toBe(2);
    for (const odd of [null, [[1], [2]], "x", { counts: [["a"]] }])
      expect(confusionOf({ confusion: odd })).toBe(null);
    expect(
      rocsOf({
        roc: [
          { class: "a", fpr: [0, 1], tpr: [0, 1], auc: 0.5 },
          { fpr: [0], tpr: [0, 1] },
        ],
      }),
    ).toHaveLength(1);
    expect(calibrationOf({ calibration: [{ confidence: 0.9, accuracy: 0.8, n: 3 }] })?.y).toEqual([0.8]);
    expect(calibrationOf({})).toBe(null);
  });

  it("lists mix-ups, most frequent first", () => {
    expect(confusedPairs(confusionOf({ confusion: matrix })!)).toEqual([
      { actual: 0, predicted: 1, n: 2 },
      { actual: 1, predicted: 0, n: 1 },
    ]);
  });

  it("finds which rows were counted", () => {
    const split = {
      type: "codes" as const,
      codes: Uint8Array.of(0, 0, 0, 1, 1, 2),
      missing: 255,
      names: ["train", "valid", "test"],
    };
    expect([...evaluatedParts(split, 1)]).toEqual([2]);
    expect([...evaluatedParts(split, 3)]).toEqual([1, 2]);
  });
});

describe("what makes a group different", () => {
  it("ranks the column that differs before the one that does not", () => {
    const n = 200;
    const inside = bitsOf(
      Array.from({ length: 50 }, (_, i) => i),
      n,
    );
    const telling = Uint16Array.from({ length: n }, (_, i) => (i < 50 ? 50000 : 10000) + (i % 7) * 100);
    const silent = Uint16Array.from({ length: n }, (_, i) => (i % 10) * 5000);
    const codes = Uint8Array.from({ length: n }, (_, i) => (i < 25 ? 0 : 1));
    const found = contrastInPage(
      [
        { info: column({ name: "silent" }), data: { type: "numbers", steps: silent, min: 0, max: 1 } },
        { info: column({ name: "telling" }), data: { type: "numbers", steps: telling, min: 0, max: 1 } },
        { info: column({ name: "kind" }), data: { type: "codes", codes, missing: 255, names: ["x", "y"] } },
      ],
      inside,
      null,
      n,
    );
    expect(found.map((one) => one.column)).toEqual(["telling", "kind", "silent"]);
    expect(found[0].effect).toBeGreaterThan(1);
    expect(found[1].inside).toBe(0.5);
  });

  it("names a group after what it mostly is", () => {
    const data = {
      type: "codes" as const,
      codes: Uint8Array.of(0, 0, 0, 1, 2, 255),
      missing: 255,
      names: ["fours", "nines", "sevens"],
    };
    const parts = ingredientsOf(data, slotsOf(data), bitsOf([0, 1, 2, 3], 6));
    expect(parts.map((one) => [one.name, one.n])).toEqual([
      ["fours", 3],
      ["nines", 1],
    ]);
    expect(suggestedNames(parts)).toEqual(["fours"]);
    expect(suggestedNames(ingredientsOf(data, slotsOf(data), bitsOf([3, 4], 6)))).toEqual([
      "nines",
      "sevens",
    ]);
    const half = { ...data, codes: Uint8Array.of(0, 0, 0, 1, 1, 1) };
    expect(suggestedNames(ingredientsOf(half, slotsOf(half), bitsOf([0, 1, 3, 4], 6)))).toEqual(null);
    expect(withColumn(["4", "9"], "digit")).toEqual(["digit 4", "9"]);
    expect(withColumn(["fours"], "digit")).toEqual(["fours"]);
  });
});

describe("small charts", () => {
  it("break a line where a value is missing", () => {
    expect(
      linePath(
        [1, Number.NaN, 2, 3],
        (i) => i,
        (v) => v,
      ),
    ).toBe("M0.0 1.0M2.0 2.0L3.0 3.0");
  });
  it("tick whole epochs, first and last among them", () => {
    expect(niceTicks(4, 5)).toEqual([1, 2, 3, 4]);
    expect(niceTicks(12, 5)).toEqual([1, 5, 10]);
    expect(niceTicks(40, 5)).toEqual([1, 10, 20, 30, 40]);
  });
  it("keep the peaks of a long line", () => {
    const values = Array.from({ length: 10_000 }, (_, i) => (i === 7777 ? 99 : Math.sin(i)));
    const thin = thinned(values, 100);
    expect(thin.value).toContain(99);
    expect(thin.value.length).toBeLessThanOrEqual(200);
  });
});

describe("rows", () => {
  it("are sorted stably, missing values last either way", async () => {
    const steps = Uint16Array.of(5, 65535, 1, 5, 0);
    const columns = {
      load: async () => ({ type: "numbers" as const, steps, min: 0, max: 1 }),
      bins: async () => ({ bins: new Uint8Array(5), n: 0 }),
      have: () => null,
    };
    const info = { nRows: 5 } as MapInfo;
    expect([...(await sortedRows(columns, info, null, { column: 0, down: false }))!]).toEqual([
      4, 2, 0, 3, 1,
    ]);
    expect([...(await sortedRows(columns, info, null, { column: 0, down: true }))!]).toEqual([0, 3, 2, 4, 1]);
    expect([...(await sortedRows(columns, info, Uint32Array.of(1, 2), { column: 0, down: false }))!]).toEqual(
      [2, 1],
    );
  });

  it("find their nearest on the map, by true distance also on a wide map", () => {
    const places = Uint16Array.of(0, 0, 1000, 0, 0, 3000, 60000, 60000);
    expect(nearestOnMap(places, [0, 0, 1, 1], 0, 2)).toEqual([1, 2]);
    expect(nearestOnMap(places, [0, 0, 10, 1], 0, 2)).toEqual([2, 1]);
  });

  it("count kept neighbors, given as a share or as a number", () => {
    expect(keptOf15(column({ max: 1 }), 0.7333)).toBe(11);
    expect(keptOf15(column({ max: 15 }), 11)).toBe(11);
  });
});
