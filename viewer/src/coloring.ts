/** From a column to a color per row: the palette for the scene and the keys for the legend. */

import { type ColumnData, type ColumnInfo, MISSING_STEP, TOP_STEP } from "./map_folder";
import { CATEGORIES, DIVERGING, GREY, packed, ramp, SEQUENTIAL, type Slots, slotsOf } from "./palettes";
import type { SceneColors, Theme } from "./scene/types";

const STEPS = 128;

export interface Key {
  /** Category codes that this key stands for. */
  codes: number[];
  isOther: boolean;
  color: string;
}

export interface Coloring {
  colors: SceneColors;
  /** One per category slot; empty for numbers. */
  keys: Key[];
  slots: Slots | null;
  /** CSS colors from low to high; empty for categories. */
  stops: string[];
  colorAt(row: number): string;
}

/** One color for all rows, where nothing can be colored by. */
export function plainColoring(nRows: number, theme: Theme): Coloring {
  const color = CATEGORIES[theme][0];
  const colors = { index: new Uint8Array(nRows), palette: Uint32Array.of(packed(color)) };
  return { colors, keys: [], slots: null, stops: [], colorAt: () => `#${color}` };
}

export function coloringOf(
  info: ColumnInfo,
  data: ColumnData,
  theme: Theme,
  center: number | null = null,
): Coloring {
  return data.type === "codes" ? categoryColoring(data, theme) : numberColoring(info, data, theme, center);
}

function categoryColoring(data: Extract<ColumnData, { type: "codes" }>, theme: Theme): Coloring {
  const slots = slotsOf(data);
  const hues = slots.slots.map((slot, i) => (slot.isOther ? GREY[theme] : CATEGORIES[theme][i]));
  const index = new Uint8Array(data.codes.length);
  for (let row = 0; row < index.length; row++) {
    index[row] = data.codes[row] === data.missing ? hues.length : slots.slotOf[data.codes[row]];
  }
  const palette = Uint32Array.from([...hues, GREY[theme]].map((hex) => packed(hex)));
  const keys = slots.slots.map((slot, i) => ({ ...slot, color: `#${hues[i]}` }));
  const css = [...hues, GREY[theme]].map((hex) => `#${hex}`);
  return { colors: { index, palette }, keys, slots, stops: [], colorAt: (row) => css[index[row]] };
}

function numberColoring(
  info: ColumnInfo,
  data: Extract<ColumnData, { type: "numbers" }>,
  theme: Theme,
  center: number | null,
): Coloring {
  const middle = centerOf(info, center);
  const stops = middle === null ? SEQUENTIAL[theme] : DIVERGING[theme];
  const place = placeOnRamp(info, middle);
  const hues = Array.from({ length: STEPS }, (_, i) => ramp(stops, place(i / (STEPS - 1))));
  const index = new Uint8Array(data.steps.length);
  for (let row = 0; row < index.length; row++) {
    const step = data.steps[row];
    index[row] = step === MISSING_STEP ? STEPS : Math.round((step / TOP_STEP) * (STEPS - 1));
  }
  const palette = Uint32Array.from([...hues, GREY[theme]].map((hex) => packed(hex)));
  const css = [...hues, GREY[theme]].map((hex) => `#${hex}`);
  return {
    colors: { index, palette },
    keys: [],
    slots: null,
    stops: css.slice(0, STEPS),
    colorAt: (row) => css[index[row]],
  };
}

/** Values on both sides of zero, neither side tiny, diverge around zero. */
export function isDiverging(info: Pick<ColumnInfo, "min" | "max" | "kind">): boolean {
  const [low, high] = [info.min ?? 0, info.max ?? 0];
  return info.kind !== "time" && low < 0 && high > 0 && Math.min(-low, high) / Math.max(-low, high) > 0.1;
}

/** The value in the middle of the ramp: the one a person chose, or zero where values diverge around it; null = none. */
export function centerOf(
  info: Pick<ColumnInfo, "min" | "max" | "kind">,
  chosen: number | null,
): number | null {
  return chosen ?? (isDiverging(info) ? 0 : null);
}

/** Share of the range → place on the ramp; both sides of a center reach equally far. */
function placeOnRamp(info: ColumnInfo, center: number | null): (share: number) => number {
  if (center === null) return (share) => share;
  const [low, high] = [info.min ?? 0, info.max ?? 0];
  const reach = Math.max(center - low, high - center) || 1;
  return (share) => Math.min(1, Math.max(0, 0.5 + (low + share * (high - low) - center) / (2 * reach)));
}
