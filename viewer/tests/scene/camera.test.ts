import { expect, test } from "vitest";
import {
  betweenCameras,
  boundCamera,
  ease,
  fitBox,
  MAX_ZOOM,
  toMap,
  toScreen,
  viewOf,
  wholeMap,
  zoomAt,
} from "../../src/scene/camera";
import type { ScenePoints } from "../../src/scene/types";

const EXTENT: ScenePoints["extent"] = [-50, -20, 150, 80];
const SIZE = { width: 1200, height: 800, dpr: 2 };

test("screen and map are each other's inverse, and y grows upward", () => {
  const view = viewOf({ x: 13, y: 7, zoom: 3.3 }, EXTENT, SIZE);

  const [px, py] = toScreen(view, 20, 30);

  expect(toMap(view, px, py)[0]).toBeCloseTo(20);
  expect(toMap(view, px, py)[1]).toBeCloseTo(30);
  expect(toScreen(view, 20, 31)[1]).toBeLessThan(py);
});

test("the whole map lies in the window at zoom 1, with room around it", () => {
  const view = viewOf(wholeMap(EXTENT), EXTENT, SIZE);

  const [left, bottom] = toScreen(view, EXTENT[0], EXTENT[1]);
  const [right, top] = toScreen(view, EXTENT[2], EXTENT[3]);

  expect(left).toBeGreaterThanOrEqual(199); // the legend's place
  expect(right).toBeLessThan(1180);
  expect(top).toBeGreaterThan(20);
  expect(bottom).toBeLessThan(780);
});

test("zooming keeps the place under the cursor, at the end and on the way", () => {
  const camera = { x: 40, y: 30, zoom: 1.5 };
  const view = viewOf(camera, EXTENT, SIZE);
  const place = toMap(view, 300, 200);

  const goal = zoomAt(camera, view, [300, 200], 4);

  for (const share of [0.2, 0.5, 1]) {
    const there = viewOf(betweenCameras(camera, goal, share), EXTENT, SIZE);
    expect(toScreen(there, ...place)[0]).toBeCloseTo(300, 6);
    expect(toScreen(there, ...place)[1]).toBeCloseTo(200, 6);
  }
});

test("zoom stops at its bounds and the center stays on the map", () => {
  const bounded = boundCamera({ x: 1e6, y: -1e6, zoom: 1e9 }, EXTENT);

  expect(bounded).toEqual({ x: 150, y: -20, zoom: MAX_ZOOM });
});

test("a flight between equal zooms is straight and even", () => {
  const middle = betweenCameras({ x: 0, y: 0, zoom: 2 }, { x: 10, y: -4, zoom: 2 }, 0.5);

  expect(middle).toEqual({ x: 5, y: -2, zoom: 2 });
});

test("motion begins at rest, ends exactly, and never goes back", () => {
  const steps = Array.from({ length: 21 }, (_, k) => ease(k / 20));

  expect(steps[0]).toBe(0);
  expect(steps[20]).toBe(1);
  for (let k = 1; k < steps.length; k++) expect(steps[k]).toBeGreaterThan(steps[k - 1]);
});

test("a box is shown whole, centered between legend and edge", () => {
  const camera = fitBox([10, 10, 30, 20], EXTENT, SIZE);
  const view = viewOf(camera, EXTENT, SIZE);

  const [left] = toScreen(view, 10, 10);
  const [right] = toScreen(view, 30, 20);

  expect(left).toBeGreaterThan(0);
  expect(right).toBeLessThan(1200);
  expect(left + right).toBeCloseTo(1200 + 200 - 72);
});

test("a map of one place has a camera too", () => {
  const view = viewOf(wholeMap([3, 3, 3, 3]), [3, 3, 3, 3], SIZE);

  // Right of the middle: the legend stands at the left.
  expect(toScreen(view, 3, 3)).toEqual([664, 400]);
});
