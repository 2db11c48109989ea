import { toScreen, type View } from "./camera";
import type { Line } from "./contours";
import type { Context } from "./label_sprites";
import { placeOf } from "./picking";
import { cssOf, type MapTokens } from "./tokens";
import type { SceneColors, ScenePoints, SceneState } from "./types";

/** Lines traced once as a path in map units, drawn at any camera. */
export function pathOf(lines: readonly Line[]): Path2D {
  const path = new Path2D();
  for (const { places, closed } of lines) smoothInto(path, places, closed);
  return path;
}

/** Rounds the corners: every vertex pulls a curve from the middle of one side to the middle of the next. */
function smoothInto(path: Path2D, places: Float32Array, closed: boolean): void {
  const count = places.length / 2;
  const middle = (a: number, b: number): [number, number] => [
    (places[2 * a] + places[2 * b]) / 2,
    (places[2 * a + 1] + places[2 * b + 1]) / 2,
  ];
  const first = closed ? middle(count - 1, 0) : [places[0], places[1]];
  path.moveTo(first[0], first[1]);
  const last = closed ? count : count - 1;
  for (let k = closed ? 0 : 1; k < last; k++) {
    const [x, y] = middle(k, (k + 1) % count);
    path.quadraticCurveTo(places[2 * k], places[2 * k + 1], x, y);
  }
  if (closed) path.closePath();
  else path.lineTo(places[2 * count - 2], places[2 * count - 1]);
}

/** Strokes a path of map units with a width in screen pixels. */
export function strokePath(
  c: Context,
  view: View,
  path: Path2D,
  width: number,
  color: string,
  opacity: number,
): void {
  c.save();
  c.transform(view.scale, 0, 0, -view.scale, view.originX, view.originY);
  c.lineWidth = width / view.scale;
  c.strokeStyle = color;
  c.globalAlpha = opacity;
  c.lineJoin = "round";
  c.stroke(path);
  c.restore();
}

const SMOOTH_FROM = 8;

/** Outline of a lasso; few corners (a box) stay sharp. */
function lassoPath(polygon: Float32Array): Path2D {
  const path = new Path2D();
  if (polygon.length >= 2 * SMOOTH_FROM) {
    smoothInto(path, polygon, true);
    return path;
  }
  for (let k = 0; k < polygon.length; k += 2) path.lineTo(polygon[k], polygon[k + 1]);
  path.closePath();
  return path;
}

export function drawLasso(c: Context, view: View, polygon: Float32Array, tokens: MapTokens): void {
  if (polygon.length < 4) return;
  const path = lassoPath(polygon);
  c.save();
  c.transform(view.scale, 0, 0, -view.scale, view.originX, view.originY);
  c.globalAlpha = 0.05;
  c.fillStyle = tokens.accent;
  c.fill(path, "evenodd");
  c.restore();
  strokePath(c, view, path, 4.5, tokens.land, 0.9);
  strokePath(c, view, path, 1.75, tokens.accent, 1);
}

function circle(c: Context, x: number, y: number, radius: number): void {
  c.beginPath();
  c.arc(x, y, radius, 0, 2 * Math.PI);
}

const screenOf = (view: View, points: ScenePoints, row: number) => toScreen(view, ...placeOf(points, row));

function strokeLines(c: Context, from: [number, number], to: readonly [number, number][]): void {
  c.beginPath();
  for (const [x, y] of to) {
    c.moveTo(from[0], from[1]);
    c.lineTo(x, y);
  }
  c.stroke();
}

/** Dashed lines from a row to its true neighbors, each ending in a small ring. */
export function drawThreads(
  c: Context,
  view: View,
  points: ScenePoints,
  threads: NonNullable<SceneState["threads"]>,
  tokens: MapTokens,
): void {
  const from = screenOf(view, points, threads.from);
  const rows = threads.to
    .map((row, i) => ({ row, kept: threads.kept?.[i] ?? false }))
    .filter(({ row }) => row < points.n);
  const ends = rows.map(({ row }) => screenOf(view, points, row));
  const endsOf = (kept: boolean) => ends.filter((_, i) => rows[i].kept === kept);
  c.save();
  c.strokeStyle = tokens.land;
  c.globalAlpha = 0.65;
  c.lineWidth = 4;
  strokeLines(c, from, ends);
  c.strokeStyle = tokens.accent;
  c.globalAlpha = 0.85;
  c.lineWidth = 1.25;
  strokeLines(c, from, endsOf(true));
  c.setLineDash([3, 4]);
  strokeLines(c, from, endsOf(false));
  c.setLineDash([]);
  c.globalAlpha = 1;
  c.fillStyle = tokens.land;
  c.lineWidth = 1.5;
  for (const [x, y] of ends) {
    circle(c, x, y, 4);
    c.fill();
    c.stroke();
  }
  c.restore();
}

export function colorOf(colors: SceneColors, row: number): string {
  const slot = Math.min(colors.index[row], colors.palette.length - 1);
  return cssOf(colors.palette[slot] ?? 0);
}

/** The row under the pointer or in the panel: a ring in its own color, on a halo of land. */
export function drawRing(
  c: Context,
  at: [number, number],
  fill: string,
  stroke: string,
  tokens: MapTokens,
): void {
  c.save();
  circle(c, at[0], at[1], 7.5);
  c.strokeStyle = tokens.land;
  c.lineWidth = 5;
  c.stroke();
  circle(c, at[0], at[1], 7);
  c.fillStyle = fill;
  c.fill();
  c.strokeStyle = stroke;
  c.lineWidth = 1.75;
  c.stroke();
  c.restore();
}
