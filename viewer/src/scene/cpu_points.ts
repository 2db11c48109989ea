import type { View } from "./camera";
import { mixPacked } from "./cpu_ground";
import { CONTEXT_STATE, CROWD_LEVELS } from "./ink";
import type { Frame, Geometry } from "./renderer";
import { PHASES, type Stamps } from "./stamps";

const PAIR = 0x00ff00ff;
const HALF = 0x00800080;
/** First style byte of context rows. */
const CONTEXT = CONTEXT_STATE * CROWD_LEVELS;

/** From quantized places to eighths of a device pixel: x·kx + bx, y·ky + by. */
export interface Projection {
  kx: number;
  bx: number;
  ky: number;
  by: number;
}

export function projectionOf(view: View, extent: Geometry["extent"]): Projection {
  const unit = view.dpr * PHASES;
  return {
    kx: ((extent[2] - extent[0]) / 65535) * view.scale * unit,
    bx: (view.originX + extent[0] * view.scale) * unit + 0.5,
    ky: -(((extent[3] - extent[1]) / 65535) * view.scale * unit),
    by: (view.originY - extent[1] * view.scale) * unit + 0.5,
  };
}

/** The same in whole device pixels. */
export function pixelsOf(view: View, extent: Geometry["extent"]): Projection {
  const { kx, bx, ky, by } = projectionOf(view, extent);
  return { kx: kx / PHASES, bx: bx / PHASES, ky: ky / PHASES, by: by / PHASES };
}

/** Per stamp pixel: its distance from the center's pixel in a picture of this width, and its weight, in one number. */
function packStamps(stamps: Stamps, width: number): Int32Array {
  return stamps.weights.map((weight, k) => ((stamps.dy[k] * width + stamps.dx[k]) << 9) | weight);
}

/** A picture, or a band of its lines. */
export interface Target {
  pixels: Uint32Array;
  width: number;
  height: number;
  /** First line of the picture that is here. */
  top: number;
  /** Lines of the whole picture. A row whose center lies beyond it is not drawn, as on the graphics card. */
  whole: number;
}

/** Which rows a pass over the points draws: all, only context, all but context. */
export type Pass = "all" | "context" | "front";

export const passesOf = (frame: Frame): readonly Pass[] =>
  frame.hasContext ? ["context", "front"] : ["all"];

/** First and last style byte that a pass draws. */
export const stylesOf = (pass: Pass): [number, number] => [
  pass === "context" ? CONTEXT : 0,
  pass === "front" ? CONTEXT - 1 : 255,
];

/** What a pass over the points needs to know; everything in draw order. */
export interface PointsJob {
  geometry: Geometry;
  ink: Uint32Array;
  frame: Frame;
  stamps: Stamps;
}

/** Blends the rows from one position to below another over the picture, one after another. */
export type PaintRows = (begin: number, end: number) => void;

export function paintPoints(target: Target, job: PointsJob, pass: Pass): PaintRows {
  return pass === "context" ? paintContext(target, job) : paintInk(target, job, pass);
}

function paintInk(target: Target, job: PointsJob, pass: Pass): PaintRows {
  const { pixels, width, height, top } = target;
  const [least, most] = linesTouching(target, job.stamps.reach);
  const { ink, frame, stamps } = job;
  const { pairs, extent } = job.geometry;
  const { kx, bx, ky, by } = projectionOf(frame.view, extent);
  const { starts, reach } = stamps;
  const packed = packStamps(stamps, width);
  const opacities = frame.opacities;
  const [low, high] = stylesOf(pass);
  const innerX = width - reach;
  const innerY = height - reach;
  return (begin, end) => {
    for (let k = begin; k < end; k++) {
      const color = ink[k];
      const style = color >>> 24;
      if (style < low || style > high) continue;
      const pair = pairs[k];
      const fx = ((pair & 65535) * kx + bx) | 0;
      const fy = ((pair >>> 16) * ky + by) | 0;
      const px = fx >> 3;
      const py = (fy >> 3) - top;
      const opacity = opacities[style];
      const phase = ((fy & 7) << 3) | (fx & 7);
      if (px < reach || py < reach || px >= innerX || py >= innerY) {
        if (px >= 0 && px < width && py >= least && py < most)
          paintAtEdge(target, stamps, phase, [px, py], color, opacity);
        continue;
      }
      const redBlue = color & PAIR;
      const green = (color >>> 8) & 255;
      const at = py * width + px;
      const last = starts[phase + 1];
      for (let s = starts[phase]; s < last; s++) {
        const stamp = packed[s];
        const weight = ((stamp & 511) * opacity) >> 8;
        const keep = 256 - weight;
        const place = at + (stamp >> 9);
        const below = pixels[place];
        pixels[place] =
          (((Math.imul(below & PAIR, keep) + Math.imul(redBlue, weight) + HALF) >>> 8) & PAIR) |
          ((((below >>> 8) & 255) * keep + green * weight + 128) & 0xff00) |
          0xff000000;
      }
    }
  };
}

/** Lines of centers whose discs may touch a band: the first, and the one below the last. */
function linesTouching({ top, height, whole }: Target, reach: number): [number, number] {
  return [Math.max(-reach, -top), Math.min(height + reach, whole - top)];
}

/** After so many discs around one pixel another one of the same color is not seen. */
const COVERED = 24;

/** Context rows have one color and one opacity: where many lie already, more change nothing. */
function paintContext(target: Target, job: PointsJob): PaintRows {
  const { width, height, top } = target;
  const [least, most] = linesTouching(target, job.stamps.reach);
  const { ink, frame, stamps } = job;
  const { pairs, extent } = job.geometry;
  const { kx, bx, ky, by } = projectionOf(frame.view, extent);
  const opacity = frame.opacities[CONTEXT];
  const covered = new Uint8Array(width * height);
  const { starts, reach } = stamps;
  const packed = packStamps(stamps, width);
  for (let s = 0; s < packed.length; s++)
    packed[s] = (packed[s] & ~511) | (((packed[s] & 511) * opacity) >> 8);
  return (begin, end) => {
    const { pixels } = target;
    for (let k = begin; k < end; k++) {
      const color = ink[k];
      if (color >>> 24 < CONTEXT) continue;
      const pair = pairs[k];
      const fx = ((pair & 65535) * kx + bx) | 0;
      const fy = ((pair >>> 16) * ky + by) | 0;
      const px = fx >> 3;
      const py = (fy >> 3) - top;
      const phase = ((fy & 7) << 3) | (fx & 7);
      if (px < reach || py < reach || px >= width - reach || py >= height - reach) {
        if (px >= 0 && px < width && py >= least && py < most)
          paintAtEdge(target, stamps, phase, [px, py], color, opacity);
        continue;
      }
      const at = py * width + px;
      if (covered[at] >= COVERED) continue;
      covered[at]++;
      const redBlue = color & PAIR;
      const green = (color >>> 8) & 255;
      for (let s = starts[phase]; s < starts[phase + 1]; s++) {
        const weight = packed[s] & 511;
        const keep = 256 - weight;
        const place = at + (packed[s] >> 9);
        const below = pixels[place];
        pixels[place] =
          (((Math.imul(below & PAIR, keep) + Math.imul(redBlue, weight) + HALF) >>> 8) & PAIR) |
          ((((below >>> 8) & 255) * keep + green * weight + 128) & 0xff00) |
          0xff000000;
      }
    }
  };
}

/** A disc that the edge of the picture cuts. */
function paintAtEdge(
  target: Target,
  stamps: Stamps,
  phase: number,
  [px, py]: [number, number],
  color: number,
  opacity: number,
): void {
  for (let s = stamps.starts[phase]; s < stamps.starts[phase + 1]; s++) {
    const x = px + stamps.dx[s];
    const y = py + stamps.dy[s];
    if (x < 0 || y < 0 || x >= target.width || y >= target.height) continue;
    const place = y * target.width + x;
    target.pixels[place] = mixPacked(target.pixels[place], color, (stamps.weights[s] * opacity) >> 8);
  }
}
