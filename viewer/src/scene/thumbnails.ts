import { type Point, toScreen, type View } from "./camera";
import type { Context } from "./label_sprites";
import { colorOf } from "./marks";
import { type GridIndex, isInside, placeOf, visitBox } from "./picking";
import { type MapTokens, mapTokens } from "./tokens";
import type { ScenePoints, SceneState } from "./types";

/** Zoom from which rows may show their picture. */
export const IMAGE_ZOOM = 2.5;
/** Side of a picture on the map, CSS pixels. */
const SIDE = 34;
const MOST_ROWS = 1024;

/** Side of the squares that share one picture: a power of two of map units, so that panning changes no choice. */
function squareSide(view: View): number {
  return 2 ** Math.ceil(Math.log2((SIDE * 1.25) / view.scale));
}

export function boxOf(view: View): ScenePoints["extent"] {
  const x0 = -view.originX / view.scale;
  const y1 = view.originY / view.scale;
  return [x0, y1 - view.height / view.scale, x0 + view.width / view.scale, y1];
}

/** At most one row per square of the window: the one nearest to the middle of its square. */
export function representatives(
  points: ScenePoints,
  index: GridIndex,
  view: View,
  inside: Uint32Array | null,
): Uint32Array {
  const side = squareSide(view);
  const best = new Map<string, { row: number; distance: number }>();
  visitBox(points, index, boxOf(view), (row) => {
    if (!isInside(inside, row)) return;
    const [x, y] = placeOf(points, row);
    const [column, line] = [Math.floor(x / side), Math.floor(y / side)];
    const distance = Math.hypot(x / side - column - 0.5, y / side - line - 0.5);
    const key = `${column} ${line}`;
    const known = best.get(key);
    if (!known || distance < known.distance) best.set(key, { row, distance });
  });
  const rows = [...best.values()].map(({ row }) => row);
  return Uint32Array.from(rows.slice(0, MOST_ROWS)).sort();
}

/** Least distance between the middles of two pictures along either axis. */
const APART = SIDE + 8;

/** left, top, right, bottom in CSS pixels. */
export type ScreenBox = readonly [number, number, number, number];

/** Places taken on the screen, in squares no larger than a picture, and boxes that must stay free. */
class Room {
  private readonly taken = new Map<string, Point>();

  constructor(private readonly kept: readonly ScreenBox[]) {}

  /** Takes a place unless a picture there would lie on another or on a kept box. */
  take(x: number, y: number): boolean {
    const [column, line] = [Math.floor(x / APART), Math.floor(y / APART)];
    if (this.isKept(x, y) || this.isNear(x, y, column, line)) return false;
    this.taken.set(`${column} ${line}`, [x, y]);
    return true;
  }

  private isKept(x: number, y: number): boolean {
    const half = SIDE / 2;
    return this.kept.some(
      ([left, top, right, bottom]) =>
        x + half > left && x - half < right && y + half > top && y - half < bottom,
    );
  }

  private isNear(x: number, y: number, column: number, line: number): boolean {
    for (let dx = -1; dx <= 1; dx++) {
      for (let dy = -1; dy <= 1; dy++) {
        const other = this.taken.get(`${column + dx} ${line + dy}`);
        if (other && Math.abs(other[0] - x) < APART && Math.abs(other[1] - y) < APART) return true;
      }
    }
    return false;
  }
}

/**
 * Pictures as marks: framed in the row's color, none over another or over the boxes of the labels.
 * Returns the rows that have one.
 */
export function drawThumbnails(
  c: Context,
  view: View,
  points: ScenePoints,
  state: SceneState,
  labels: readonly ScreenBox[],
): Set<number> {
  const { images, colors } = state;
  const drawn = new Set<number>();
  if (!images || view.zoom < IMAGE_ZOOM) return drawn;
  const tokens = mapTokens(state.theme);
  const room = new Room(labels);
  for (let k = 0; k < images.rows.length; k++) {
    const row = images.rows[k];
    if (row >= points.n || !isInside(state.inside, row)) continue;
    const [x, y] = toScreen(view, ...placeOf(points, row));
    if (x < -SIDE || y < -SIDE || x > view.width + SIDE || y > view.height + SIDE) continue;
    if (!room.take(x, y)) continue;
    drawn.add(row);
    drawCard(c, x, y, colorOf(colors, row), tokens);
    const [left, top] = [(k % images.perLine) * images.cell, Math.floor(k / images.perLine) * images.cell];
    c.drawImage(images.atlas, left, top, images.cell, images.cell, x - SIDE / 2, y - SIDE / 2, SIDE, SIDE);
  }
  return drawn;
}

/** Marks a picture as the row under the pointer, instead of a ring that would hide it. */
export function drawFrame(c: Context, [x, y]: Point, stroke: string, tokens: MapTokens): void {
  const half = SIDE / 2;
  for (const [color, width] of [
    [tokens.land, 6],
    [stroke, 2.5],
  ] as const) {
    c.strokeStyle = color;
    c.lineWidth = width;
    c.beginPath();
    c.roundRect(x - half - 2, y - half - 2, SIDE + 4, SIDE + 4, 3.5);
    c.stroke();
  }
}

function drawCard(c: Context, x: number, y: number, color: string, tokens: MapTokens): void {
  const half = SIDE / 2;
  c.fillStyle = tokens.land;
  c.beginPath();
  c.roundRect(x - half - 3, y - half - 3, SIDE + 6, SIDE + 6, 4);
  c.fill();
  c.strokeStyle = color;
  c.lineWidth = 1.5;
  c.beginPath();
  c.roundRect(x - half - 1.25, y - half - 1.25, SIDE + 2.5, SIDE + 2.5, 2.5);
  c.stroke();
}
