import { type Contours, contoursOf } from "./contours";
import { type Density, densityOf } from "./field";
import { crowdLevels } from "./ink";
import { type GridIndex, indexOf } from "./picking";
import type { ScenePoints } from "./types";

/** What a layout looks like from afar, each part computed when first wanted. */
export interface Terrain {
  readonly points: ScenePoints;
  readonly density: Density;
  readonly contours: Contours;
  readonly crowd: Uint8Array;
  readonly index: GridIndex;
}

function once<T>(compute: () => T): () => T {
  let value: { known: T } | null = null;
  return () => {
    value ??= { known: compute() };
    return value.known;
  };
}

export function terrainOf(points: ScenePoints): Terrain {
  const density = once(() => densityOf(points));
  const contours = once(() => contoursOf(density()));
  const crowd = once(() => crowdLevels(points, density()));
  const index = once(() => indexOf(points));
  return {
    points,
    get density() {
      return density();
    },
    get contours() {
      return contours();
    },
    get crowd() {
      return crowd();
    },
    get index() {
      return index();
    },
  };
}

/** The same places quantized over another extent (which must hold them). */
export function requantize(points: ScenePoints, extent: ScenePoints["extent"]): ScenePoints {
  const [x0, y0, x1, y1] = points.extent;
  const kx = (x1 - x0) / Math.max(extent[2] - extent[0], 1e-12);
  const ky = (y1 - y0) / Math.max(extent[3] - extent[1], 1e-12);
  const bx = ((x0 - extent[0]) / Math.max(extent[2] - extent[0], 1e-12)) * 65535;
  const by = ((y0 - extent[1]) / Math.max(extent[3] - extent[1], 1e-12)) * 65535;
  const places = new Uint16Array(2 * points.n);
  for (let row = 0; row < points.n; row++) {
    places[2 * row] = Math.round(points.places[2 * row] * kx + bx);
    places[2 * row + 1] = Math.round(points.places[2 * row + 1] * ky + by);
  }
  return { n: points.n, places, extent };
}

/** Smallest extent that holds both. */
export function jointExtent(a: ScenePoints["extent"], b: ScenePoints["extent"]): ScenePoints["extent"] {
  return [Math.min(a[0], b[0]), Math.min(a[1], b[1]), Math.max(a[2], b[2]), Math.max(a[3], b[3])];
}
