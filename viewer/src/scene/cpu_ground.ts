import type { View } from "./camera";
import { type FieldFrame, GRID } from "./field";
import type { Ground, Mist } from "./renderer";

/**
 * Ground and mist: cells stretched over the screen, bilinear between cell middles. Weights are whole numbers
 * of 1/256, so one multiplication blends two color channels.
 */
interface Axis {
  /** First of the two cells per pixel; -1 beyond the frame. */
  cell: Int16Array;
  /** Weight of the second, 0…256. */
  weight: Uint16Array;
}

function axisOf(pixels: number, start: number, step: number): Axis {
  const cell = new Int16Array(pixels).fill(-1);
  const weight = new Uint16Array(pixels);
  for (let pixel = 0; pixel < pixels; pixel++) {
    const at = start + (pixel + 0.5) * step;
    if (at < 0 || at >= GRID) continue;
    const between = Math.min(Math.max(at - 0.5, 0), GRID - 1);
    cell[pixel] = Math.min(Math.floor(between), GRID - 2);
    weight[pixel] = Math.round((between - cell[pixel]) * 256);
  }
  return { cell, weight };
}

/** Which cells the pixels of a view look at. */
function axesOf(view: View, frame: FieldFrame): [Axis, Axis] {
  const step = 1 / (view.scale * frame.cell * view.dpr);
  const left = (-view.originX / view.scale - frame.left) / frame.cell;
  const top = (frame.top - view.originY / view.scale) / frame.cell;
  return [
    axisOf(Math.round(view.width * view.dpr), left, step),
    axisOf(Math.round(view.height * view.dpr), top, step),
  ];
}

const PAIR = 0x00ff00ff;
const HALF = 0x00800080;

/** Colors between two, weight 0…256 of the second. Opaque. */
export function mixPacked(a: number, b: number, weight: number): number {
  const keep = 256 - weight;
  const rb = ((Math.imul(a & PAIR, keep) + Math.imul(b & PAIR, weight) + HALF) >>> 8) & PAIR;
  const g = (((a >>> 8) & 255) * keep + ((b >>> 8) & 255) * weight + 128) & 0xff00;
  return rb | g | 0xff000000;
}

/** One line of cells between two lines of the grid. */
function mixLines(colors: Uint32Array, line: number, weight: number, out: Uint32Array): void {
  const first = line * GRID;
  for (let k = 0; k < GRID; k++) out[k] = mixPacked(colors[first + k], colors[first + GRID + k], weight);
}

/** Lines of pixels, of a picture that begins further up. */
interface Lines {
  pixels: Uint32Array;
  top: number;
  height: number;
}

export function paintGroundPixels({ pixels, top, height }: Lines, view: View, ground: Ground): void {
  const [across, down] = axesOf(view, ground.frame);
  const width = across.cell.length;
  const line = new Uint32Array(GRID);
  for (let y = top; y < top + height; y++) {
    const start = (y - top) * width;
    if (down.cell[y] < 0) {
      pixels.fill(ground.sea, start, start + width);
      continue;
    }
    mixLines(ground.colors, down.cell[y], down.weight[y], line);
    for (let x = 0; x < width; x++) {
      const cell = across.cell[x];
      pixels[start + x] = cell < 0 ? ground.sea : mixPacked(line[cell], line[cell + 1], across.weight[x]);
    }
  }
}

function mixOpacity(opacity: Uint8Array, line: number, weight: number, out: Uint16Array): boolean {
  const first = line * GRID;
  let any = 0;
  for (let k = 0; k < GRID; k++) {
    out[k] = (opacity[first + k] * (256 - weight) + opacity[first + GRID + k] * weight) >> 8;
    any |= out[k];
  }
  return any !== 0;
}

export function paintMistPixels({ pixels, top, height }: Lines, view: View, mist: Mist): void {
  const [across, down] = axesOf(view, mist.frame);
  const width = across.cell.length;
  const line = new Uint16Array(GRID);
  for (let y = top; y < top + height; y++) {
    if (down.cell[y] < 0 || !mixOpacity(mist.opacity, down.cell[y], down.weight[y], line)) continue;
    for (let x = 0; x < width; x++) {
      const cell = across.cell[x];
      if (cell < 0) continue;
      const share = across.weight[x];
      const weight = (line[cell] * (256 - share) + line[cell + 1] * share + 128) >> 8;
      if (weight === 0) continue;
      const place = (y - top) * width + x;
      pixels[place] = mixPacked(pixels[place], mist.color, weight);
    }
  }
}
