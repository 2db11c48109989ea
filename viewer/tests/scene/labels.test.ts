import { expect, test } from "vitest";
import {
  labelOpacity,
  layoutLabels,
  levelZoom,
  type MeasuredLabel,
  nudgesOf,
} from "../../src/scene/label_layout";
import { breakText, isCjk, labelStyle } from "../../src/scene/label_style";
import { seeded } from "./made";

function crowd(n: number): MeasuredLabel[] {
  const random = seeded(11);
  return Array.from({ length: n }, (_, id) => ({
    label: {
      id,
      level: Math.min(Math.floor(Math.sqrt(id) / 3), 4),
      text: `label ${id}`,
      x: random() * 200 - 100,
      y: random() * 160 - 80,
      nRows: 1000 - id,
    },
    width: 40 + random() * 90,
    height: 16 + Math.floor(random() * 2) * 15,
  }));
}

const SCALES = Array.from({ length: 120 }, (_, k) => 3 * 1.05 ** k);

test("shown labels never overlap, at any zoom", () => {
  const placed = layoutLabels(crowd(160), 3);

  for (const scale of SCALES) {
    const boxes = placed
      .filter((one) => labelOpacity(one, scale) > 0)
      .map(({ label, width, height, shift }) => ({
        x: label.x * scale,
        y: -label.y * scale + shift,
        width,
        height,
      }));
    const clashes = boxes.flatMap((a, k) =>
      boxes
        .slice(k + 1)
        .filter(
          (b) =>
            Math.abs(a.x - b.x) < (a.width + b.width) / 2 && Math.abs(a.y - b.y) < (a.height + b.height) / 2,
        ),
    );
    expect(clashes).toEqual([]);
  }
});

test("a label that shows goes on showing while zooming in", () => {
  for (const one of layoutLabels(crowd(160), 3)) {
    const opacities = SCALES.map((scale) => labelOpacity(one, scale));
    for (let k = 1; k < opacities.length; k++) expect(opacities[k]).toBeGreaterThanOrEqual(opacities[k - 1]);
  }
});

test("at least four levels come in one after the other", () => {
  const zooms = [0, 1, 2, 3, 4, 5, 6].map((level) => levelZoom(level));

  for (let k = 1; k < zooms.length; k++) expect(zooms[k]).toBeGreaterThan(zooms[k - 1]);
});

test("the weightier of two labels at one place stays, and the other never shows", () => {
  const at = { x: 0, y: 0 };
  const small = { label: { id: 1, level: 1, text: "b", nRows: 5, ...at }, width: 50, height: 16 };
  const large = { label: { id: 0, level: 0, text: "a", nRows: 9, ...at }, width: 80, height: 20 };

  const [first, second] = layoutLabels([small, large], 3);

  expect(first.label.id).toBe(0);
  expect(first.shift).toBe(0);
  expect(second).toBeUndefined();
});

test("Chinese is never italic, deeper Latin always is", () => {
  expect(labelStyle(1, "倾斜", false).font).not.toContain("italic");
  expect(labelStyle(1, "slanted", false).font).toContain("italic");
  expect(labelStyle(0, "Fours", false).font).toMatch(/^600 19px/);
  expect(isCjk("数字 4")).toBe(true);
  expect(isCjk("Zürich – naïve")).toBe(false);
});

test("long names are broken at spaces, and a word of hostile length is cut", () => {
  expect(breakText("late evening arrivals from the coast", 20)).toEqual([
    "late evening",
    "arrivals from the",
    "coast",
  ]);
  expect(breakText("x".repeat(5000), 20).join("").length).toBeLessThan(80);
  expect(breakText("  two \n words ", 20)).toEqual(["two words"]);
  expect(breakText("hours per week 低、Own-child", 14)).toEqual(["hours per", "week 低、", "Own-child"]);
});

test("a label that the edge would cut steps inside, unless another is in the way", () => {
  expect(nudgesOf([[-20, 0, 60, 20]], 390)).toEqual([26]);
  expect(nudgesOf([[350, 0, 410, 20]], 390)).toEqual([-26]);
  expect(nudgesOf([[-90, 0, 30, 20]], 390)).toEqual([0]);
  expect(
    nudgesOf(
      [
        [-20, 0, 60, 20],
        [62, 0, 120, 20],
      ],
      390,
    ),
  ).toEqual([0, 0]);
  expect(nudgesOf([[100, 0, 160, 20]], 390)).toEqual([0]);
});
