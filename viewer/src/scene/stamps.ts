/**
 * Antialiased discs on the pixel grid. A point's center is rounded to 1/8 pixel both here and in the vertex
 * shader, so both renderers cover the same pixels with the same weights.
 */
export const PHASES = 8;
/** Coverage below this (of 256) is left out: it costs a pixel and shows nothing. */
export const FAINTEST = 20;

export interface Stamps {
  radius: number;
  /** Pixels from the center's pixel to the window's edge. */
  reach: number;
  /** Per phase (line · 8 + column): where its pixels start in the lists below; one more at the end. */
  starts: Int32Array;
  dx: Int32Array;
  dy: Int32Array;
  /** Coverage, up to 256. */
  weights: Int32Array;
}

/** Share of a pixel covered by a disc, by the distance of its middle from the disc's center. */
export const coverage = (distance: number, radius: number): number =>
  Math.min(Math.max(radius + 0.5 - distance, 0), 1);

interface StampPixels {
  dx: number[];
  dy: number[];
  weights: number[];
}

function addStamp(pixels: StampPixels, radius: number, reach: number, phase: number): void {
  const cx = (phase % PHASES) / PHASES;
  const cy = Math.floor(phase / PHASES) / PHASES;
  for (let y = -reach; y <= reach; y++) {
    for (let x = -reach; x <= reach; x++) {
      const weight = Math.round(256 * coverage(Math.hypot(x + 0.5 - cx, y + 0.5 - cy), radius));
      if (weight < FAINTEST) continue;
      pixels.dx.push(x);
      pixels.dy.push(y);
      pixels.weights.push(weight);
    }
  }
}

/** Pixels from a center's pixel to the farthest that its disc may touch. */
export const reachOf = (radius: number): number => Math.ceil(radius + 0.5);

/** Stamps of a disc with the radius in device pixels. */
export function stampsOf(radius: number): Stamps {
  const reach = reachOf(radius);
  const pixels: StampPixels = { dx: [], dy: [], weights: [] };
  const starts = new Int32Array(PHASES * PHASES + 1);
  for (let phase = 0; phase < PHASES * PHASES; phase++) {
    addStamp(pixels, radius, reach, phase);
    starts[phase + 1] = pixels.weights.length;
  }
  return {
    radius,
    reach,
    starts,
    dx: Int32Array.from(pixels.dx),
    dy: Int32Array.from(pixels.dy),
    weights: Int32Array.from(pixels.weights),
  };
}
