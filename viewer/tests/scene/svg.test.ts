import { expect, test } from "vitest";
import { viewOf, wholeMap } from "../../src/scene/camera";
import { labelStyle } from "../../src/scene/label_style";
import { dotsOf, escaped, fontOf } from "../../src/scene/svg";
import type { SceneState } from "../../src/scene/types";

const extent: [number, number, number, number] = [0, 0, 10, 10];
const points = { n: 3, places: Uint16Array.of(0, 0, 65535, 65535, 32768, 32768), extent };
const view = viewOf(wholeMap(extent), extent, { width: 100, height: 100, dpr: 1 });
const state = {
  points,
  colors: { index: Uint8Array.of(0, 1, 1), palette: Uint32Array.of(0xff0000ff, 0xff00ff00) },
  inside: Uint32Array.of(0b011),
  theme: "light",
  pointScale: 1,
} as unknown as SceneState;

test("every row is a dot of its color, context grey and first", () => {
  const drawn = dotsOf(view, state, { points, contours: null, labeled: false, stroke: null });
  const paths = [...drawn.matchAll(/<path d="([^"]+)" stroke="([^"]+)"/g)].map(([, dots, hue]) => ({
    n: dots.split("M").length - 1,
    hue,
  }));
  expect(paths.map((path) => path.n)).toEqual([1, 1, 1]);
  expect(paths[0].hue).not.toBe(paths[1].hue);
  expect(new Set(paths.map((path) => path.hue)).size).toBe(3);
});

test("letters are set by attributes", () => {
  expect(fontOf(labelStyle(1, "folk", false).font)).toMatch(
    /font-size="13.5" font-weight="500" font-style="italic"/,
  );
  expect(fontOf(labelStyle(0, "大", false).font)).not.toContain("italic");
});

test("names that look like markup stay text", () => {
  expect(escaped(`<script>"a" & 'b'\u0000`)).toBe("&lt;script&gt;&quot;a&quot; &amp; 'b'");
});
