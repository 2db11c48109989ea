import type { Camera, ScenePoints } from "./types";

export type Extent = ScenePoints["extent"];
export type Point = [number, number];

/** A camera looking at a window of a known size. Screen pixels are CSS pixels; y grows downward there. */
export interface View {
  width: number;
  height: number;
  /** Device pixels per CSS pixel. */
  dpr: number;
  /** CSS pixels per map unit. */
  scale: number;
  /** Screen place of the map's origin. */
  originX: number;
  originY: number;
  zoom: number;
}

export interface Size {
  width: number;
  height: number;
  dpr: number;
}

export const MIN_ZOOM = 0.5;
export const MAX_ZOOM = 240;
/** Share of the window left free around the whole map at zoom 1. */
const MARGIN = 0.06;
/** Pixels left free at the left of a wide window, where tools and legend stand. */
const LEGEND_PX = 200;
const WIDE_PX = 560;

export const extentCenter = (extent: Extent): Point => [
  (extent[0] + extent[2]) / 2,
  (extent[1] + extent[3]) / 2,
];

/** Free pixels at the left and the right of the whole map. */
function sides(size: Size): [number, number] {
  const right = size.width * MARGIN;
  return [size.width > WIDE_PX ? Math.max(right, LEGEND_PX) : right, right];
}

/** CSS pixels per map unit at zoom 1. */
export function baseScale(extent: Extent, size: Size): number {
  const width = Math.max(extent[2] - extent[0], 1e-9);
  const height = Math.max(extent[3] - extent[1], 1e-9);
  const [left, right] = sides(size);
  const across = (size.width - left - right) / width;
  const down = (size.height * (1 - 2 * MARGIN)) / height;
  return Math.max(Math.min(across, down), 1e-9);
}

export function viewOf(camera: Camera, extent: Extent, size: Size): View {
  const scale = baseScale(extent, size) * camera.zoom;
  const [left, right] = sides(size);
  return {
    ...size,
    scale,
    originX: (size.width + left - right) / 2 - camera.x * scale,
    originY: size.height / 2 + camera.y * scale,
    zoom: camera.zoom,
  };
}

export const toScreen = (view: View, x: number, y: number): Point => [
  view.originX + x * view.scale,
  view.originY - y * view.scale,
];

export const toMap = (view: View, px: number, py: number): Point => [
  (px - view.originX) / view.scale,
  (view.originY - py) / view.scale,
];

/** Keeps the zoom within bounds and the center over the map, so that nobody gets lost at sea. */
export function boundCamera(camera: Camera, extent: Extent): Camera {
  const between = (value: number, low: number, high: number) => Math.min(Math.max(value, low), high);
  return {
    x: between(camera.x, extent[0], extent[2]),
    y: between(camera.y, extent[1], extent[3]),
    zoom: between(camera.zoom, MIN_ZOOM, MAX_ZOOM),
  };
}

/** Camera after zooming by `factor` while the map place under the screen point stays put. */
export function zoomAt(camera: Camera, view: View, at: Point, factor: number): Camera {
  const zoom = Math.min(Math.max(camera.zoom * factor, MIN_ZOOM), MAX_ZOOM);
  const [x, y] = toMap(view, at[0], at[1]);
  const keep = camera.zoom / zoom;
  return { x: x + (camera.x - x) * keep, y: y + (camera.y - y) * keep, zoom };
}

export function panBy(camera: Camera, view: View, dx: number, dy: number): Camera {
  return { ...camera, x: camera.x - dx / view.scale, y: camera.y + dy / view.scale };
}

/** Camera that shows a box of map units, at most at `maxZoom`. */
export function fitBox(box: Extent, extent: Extent, size: Size, maxZoom = 24): Camera {
  const [x, y] = extentCenter(box);
  const zoom = baseScale(box, size) / baseScale(extent, size);
  return { x, y, zoom: Math.min(Math.max(zoom, 1), maxZoom) };
}

export const wholeMap = (extent: Extent): Camera => {
  const [x, y] = extentCenter(extent);
  return { x, y, zoom: 1 };
};

/**
 * Camera between two others, `share` from 0 to 1. The zoom runs geometrically; the center follows so that
 * the one place that both cameras show at the same screen point stays there during the whole movement.
 */
export function betweenCameras(from: Camera, to: Camera, share: number): Camera {
  const zoom = from.zoom * (to.zoom / from.zoom) ** share;
  const change = 1 / to.zoom - 1 / from.zoom;
  const along = Math.abs(change) < 1e-9 * (1 / from.zoom) ? share : (1 / zoom - 1 / from.zoom) / change;
  return { x: from.x + (to.x - from.x) * along, y: from.y + (to.y - from.y) * along, zoom };
}

/** cubic-bezier(.2, .7, .2, 1) of the look's motion, solved for time by bisection. */
export function ease(time: number): number {
  if (time <= 0) return 0;
  if (time >= 1) return 1;
  const bezier = (a: number, b: number, t: number) =>
    3 * a * t * (1 - t) ** 2 + 3 * b * t ** 2 * (1 - t) + t ** 3;
  let low = 0;
  let high = 1;
  for (let step = 0; step < 24; step++) {
    const middle = (low + high) / 2;
    if (bezier(0.2, 0.2, middle) < time) low = middle;
    else high = middle;
  }
  return bezier(0.7, 1, (low + high) / 2);
}
