import type { SceneLabel } from "./types";

/** A label with its measured size in CSS pixels. */
export interface MeasuredLabel {
  label: SceneLabel;
  width: number;
  height: number;
}

export interface PlacedLabel extends MeasuredLabel {
  /** CSS pixels per map unit from which on the label shows. */
  fromScale: number;
  /** Screen shift in CSS pixels that keeps it clear of weightier labels. */
  shift: number;
}

/** Zoom at which each level may begin to speak. */
const LEVEL_ZOOM = [0, 0.85, 1.8, 3.4, 6, 10];
/** Free pixels around a label. */
const GAP = 3;
/** More labels than this are never looked at: deciding takes their number squared. */
const MOST_LABELS = 1200;
/** Deepest zoom a shown label may wait for; later ones never show. */
const NEVER = 400;

/** A phone has room for one level less. */
export function levelZoom(level: number, isPhone = false): number {
  const zoom = LEVEL_ZOOM[level] ?? 10 * 1.7 ** (level - 5);
  return isPhone && level > 0 ? zoom * 1.9 : zoom;
}

/**
 * Largest scale at which two labels overlap; 0 when they never do. At scale s their boxes overlap while
 * |dx|·s < halfWidths and |dy·s + shift| < halfHeights, where dy runs down the screen.
 */
export function lastClash(a: PlacedLabel, b: MeasuredLabel, shift: number): number {
  const dx = Math.abs(b.label.x - a.label.x);
  const dy = a.label.y - b.label.y;
  const widths = (a.width + b.width) / 2 + GAP;
  const heights = (a.height + b.height) / 2 + GAP;
  const offset = shift - a.shift;
  const acrossEnd = dx > 0 ? widths / dx : Number.POSITIVE_INFINITY;
  const bounds = dy === 0 ? null : [(-heights - offset) / dy, (heights - offset) / dy];
  if (!bounds) return Math.abs(offset) < heights ? acrossEnd : 0;
  const begin = Math.max(Math.min(...bounds), 0);
  const end = Math.min(Math.max(...bounds), acrossEnd);
  return end > begin ? end : 0;
}

/** Scale from which a label with this shift is clear of all placed before it, for ever. */
function clearScale(
  placed: readonly PlacedLabel[],
  label: MeasuredLabel,
  shift: number,
  from: number,
): number {
  let scale = from;
  for (const other of placed) {
    const clash = lastClash(other, label, shift);
    if (clash > other.fromScale && clash > scale) scale = clash;
  }
  return scale;
}

/** Weightiest first: wide regions before deep ones, then many rows before few. */
function byWeight(a: MeasuredLabel, b: MeasuredLabel): number {
  return a.label.level - b.label.level || b.label.nRows - a.label.nRows || a.label.id - b.label.id;
}

/**
 * Decides once, for all zooms, from which scale each label shows. A label that shows goes on showing while
 * zooming in, whatever the pan, and no two shown labels ever overlap: labels cannot flicker.
 */
export function layoutLabels(
  labels: readonly MeasuredLabel[],
  scaleAtZoom1: number,
  isPhone = false,
): PlacedLabel[] {
  const placed: PlacedLabel[] = [];
  for (const label of [...labels].sort(byWeight).slice(0, MOST_LABELS)) {
    const from = levelZoom(label.label.level, isPhone) * scaleAtZoom1;
    const step = label.label.level === 0 ? 26 : 15;
    let best: PlacedLabel | null = null;
    for (const shift of [0, step, -step]) {
      const fromScale = clearScale(placed, label, shift, from);
      if (!best || fromScale < best.fromScale * 0.8) best = { ...label, fromScale, shift };
      if (best.fromScale === from) break;
    }
    if (best && best.fromScale < NEVER * scaleAtZoom1) placed.push(best);
  }
  return placed;
}

/** 0 hidden … 1 shown, with a short fade on the way in. */
export function labelOpacity(placed: PlacedLabel, scale: number): number {
  if (scale < placed.fromScale) return 0;
  if (placed.fromScale === 0) return 1;
  return Math.min((scale / placed.fromScale - 1) / 0.02 + 0.2, 1);
}

/** Left, top, right, bottom in CSS pixels. */
export type LabelBox = readonly [number, number, number, number];
/** Free pixels between a label and the edge of the window. */
const MARGIN = 6;

const overlap = (a: LabelBox, b: LabelBox): boolean =>
  a[0] < b[2] && b[0] < a[2] && a[1] < b[3] && b[1] < a[3];

/** How far each label must move sideways not to be cut by the window's edge; 0 where another one is in the way. */
export function nudgesOf(boxes: readonly LabelBox[], width: number): number[] {
  const now = [...boxes];
  return boxes.map((box, k) => {
    const [left, , right] = box;
    const middle = (left + right) / 2;
    if (middle < 0 || middle > width || right - left > width - 2 * MARGIN) return 0;
    const by = Math.max(MARGIN - left, 0) - Math.max(right - (width - MARGIN), 0);
    const moved: LabelBox = [left + by, box[1], right + by, box[3]];
    if (by === 0 || now.some((other, i) => i !== k && overlap(moved, other))) return 0;
    now[k] = moved;
    return by;
  });
}
