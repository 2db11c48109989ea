/** Groups A and B: rows set aside to be compared with each other. */

import { bitsOf, bothBits, countBits, eitherBits, emptyBits, fullBits } from "./bits";
import type { Columns } from "./columns";
import type { Explorer, GroupRows, Groups } from "./explorer";
import { combine } from "./filtering";
import { type Bits, type ColumnData, stepOf } from "./map_folder";
import { CATEGORIES, GREY, packed } from "./palettes";
import type { SceneColors, Theme } from "./scene/types";
import type { Cell, Filter, Group, History, Part, View } from "./store";
import { lastWins } from "./work";

export const NO_GROUPS: Groups = { a: null, b: null, nBoth: 0 };
/** A has the hue of what the person does; B the first category that no simulated color blindness takes for it. */
export const GROUP_HUES: Record<Theme, [string, string]> = {
  light: ["2F49D1", CATEGORIES.light[1]],
  dark: ["A3B3FF", CATEGORIES.dark[1]],
};

/** Both groups are there and nothing else is selected: the page compares them. */
export function isComparing(groups: Groups, view: View): boolean {
  return groups.a !== null && groups.b !== null && view.selection.length === 0;
}

/** Rows that may be looked at: what the filters leave, and while comparing only the two groups. */
export function insideOf(explorer: Pick<Explorer, "groups" | "view" | "masks">): Bits | null {
  const { inside } = explorer.masks.get();
  const groups = explorer.groups.get();
  if (!isComparing(groups, explorer.view.get())) return inside;
  const either = eitherBits(groups.a!.bits, groups.b!.bits);
  return inside ? bothBits(either, inside) : either;
}

/** Two colors and grey; rows in both groups count as A. */
export function groupColors(groups: Groups, nRows: number, theme: Theme): SceneColors {
  const index = new Uint8Array(nRows).fill(2);
  for (const [slot, group] of [
    [1, groups.b],
    [0, groups.a],
  ] as const) {
    if (group) paint(index, group.bits, slot);
  }
  return { index, palette: Uint32Array.from([...GROUP_HUES[theme], GREY[theme]].map((hex) => packed(hex))) };
}

function paint(index: Uint8Array, bits: Bits, slot: number): void {
  for (let row = 0; row < index.length; row++) if ((bits[row >>> 5] >>> (row & 31)) & 1) index[row] = slot;
}

/** Keeps the rows of both groups equal to what the view says of them. */
export function followGroups(
  { view, groups }: { view: History; groups: Cell<Groups> },
  nRows: number,
  columns: Columns,
  rowsOfShape: (part: Part) => Promise<Bits>,
): void {
  let known: { a: Group | null; b: Group | null } = { a: null, b: null };
  const read = async (group: Group | null, before: Group | null, kept: GroupRows | null) =>
    group === before ? kept : group && (await rowsOfGroup(group, nRows, columns, rowsOfShape));
  const sync = lastWins(async () => {
    const { groupA, groupB } = view.get();
    if (groupA === known.a && groupB === known.b) return;
    const now = groups.get();
    const both = [read(groupA, known.a, now.a), read(groupB, known.b, now.b)];
    const [a, b] = await Promise.all(both).catch(() => [null, null]);
    known = { a: groupA, b: groupB };
    groups.set({ a, b, nBoth: a && b ? countBits(bothBits(a.bits, b.bits)) : 0 });
  });
  view.subscribe(() => void sync());
}

async function rowsOfGroup(
  group: Group,
  nRows: number,
  columns: Columns,
  rowsOfShape: (part: Part) => Promise<Bits>,
): Promise<GroupRows> {
  const shapes = await Promise.all(group.parts.map(rowsOfShape));
  const start = group.parts.length ? combine(group.parts, shapes, nRows) : fullBits(nRows);
  const passing = await Promise.all(
    group.filters.map(async (filter) => rowsThatPass(filter, await columns.load(filter.column))),
  );
  const bits = passing.reduce(bothBits, start);
  return { bits, n: countBits(bits) };
}

/** The rows that one filter lets through, exactly as the cross-filter does. */
export function rowsThatPass(filter: Filter, data: ColumnData): Bits {
  if (filter.type === "codes" && data.type === "codes") {
    const kept = new Set(filter.codes);
    return bitsWhere(data.codes, (code) => kept.has(code));
  }
  if (filter.type === "range" && data.type === "numbers") {
    const [low, high] = [stepOf(data, filter.low), stepOf(data, filter.high)];
    return bitsWhere(data.steps, (step) => step >= low && step <= high);
  }
  return emptyBits(data.type === "codes" ? data.codes.length : data.steps.length);
}

function bitsWhere(values: ArrayLike<number>, test: (value: number) => boolean): Bits {
  const bits = bitsOf([], values.length);
  for (let row = 0; row < values.length; row++) if (test(values[row])) bits[row >>> 5] |= 1 << (row & 31);
  return bits;
}

type GroupVerbs = Pick<Explorer, "markGroup" | "clearGroup" | "swapGroups">;

export function groupVerbs(view: History): GroupVerbs {
  const nameOf = (which: "a" | "b") => (which === "a" ? "groupA" : "groupB");
  return {
    markGroup: (which) => {
      const { selection: parts, filters } = view.get();
      if (!parts.length && !filters.length) return;
      view.change({ [nameOf(which)]: { parts, filters }, selection: [], filters: [], tab: "selection" });
    },
    clearGroup: (which) => view.change({ [nameOf(which)]: null }),
    swapGroups: () => view.change({ groupA: view.get().groupB, groupB: view.get().groupA }),
  };
}
