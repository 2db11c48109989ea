/** The view's filters and selection, kept equal to the cross-filter's slots. */

import { type Bins, MISSING_BIN } from "./bins";
import { bothBits, eitherBits, emptyBits, withoutBits } from "./bits";
import type { Columns } from "./columns";
import { type Crossfilter, type Histogram, NO_SLOT, SLOTS } from "./crossfilter";
import { type Bits, stepOf } from "./map_folder";
import type { Filter, Part, View } from "./store";

const SELECTION_SLOT = 0;

export interface Watched extends Bins {
  /** Rows per bin that all other filters let through; alive. */
  counts: Uint32Array;
  /** Rows per bin, of all rows. */
  totals: Uint32Array;
}

export interface Filtering {
  /** Brings the slots to what the view says; true when anything changed. */
  sync(view: View): Promise<boolean>;
  watch(column: number): Promise<Watched>;
  unwatch(column: number): void;
  /** The selection alone, without filters. */
  selected(): Bits | null;
}

export function createFiltering(
  crossfilter: Crossfilter,
  columns: Columns,
  rowsOfShape: (part: Part) => Promise<Bits>,
): Filtering {
  const applied = new Map<number, { slot: number; filter: Filter }>();
  const watched = new Map<number, { histogram: Histogram; totals: Uint32Array; users: number; bins: Bins }>();
  let selection: Part[] = [];
  let selected: Bits | null = null;

  async function sync(view: View): Promise<boolean> {
    const isSelectionNew = view.selection !== selection;
    if (isSelectionNew) await select(view.selection);
    const wanted = new Map(view.filters.map((filter) => [filter.column, filter]));
    const gone = [...applied.keys()].filter((column) => !wanted.has(column));
    const fresh = view.filters.filter((filter) => applied.get(filter.column)?.filter !== filter);
    await Promise.all(fresh.map((filter) => columns.load(filter.column)));
    gone.forEach(release);
    fresh.forEach(apply);
    return isSelectionNew || gone.length > 0 || fresh.length > 0;
  }

  async function select(parts: Part[]): Promise<void> {
    const shapes = await Promise.all(parts.map(rowsOfShape));
    selection = parts;
    selected = parts.length ? combine(parts, shapes, crossfilter.nRows) : null;
    if (selected) crossfilter.keepBits(SELECTION_SLOT, selected);
    else crossfilter.clear(SELECTION_SLOT);
  }

  function apply(filter: Filter): void {
    const slot = applied.get(filter.column)?.slot ?? freeSlot();
    const data = columns.have(filter.column);
    if (slot === null || !data) return;
    applied.set(filter.column, { slot, filter });
    const watching = watched.get(filter.column);
    if (watching) watching.histogram.slot = slot;
    if (filter.type === "range" && data.type === "numbers") {
      crossfilter.keepRange(slot, data.steps, stepOf(data, filter.low), stepOf(data, filter.high));
    } else if (filter.type === "codes" && data.type === "codes") {
      crossfilter.keepCodes(slot, data.codes, tableOf(filter.codes));
    }
  }

  function release(column: number): void {
    crossfilter.clear(applied.get(column)!.slot);
    applied.delete(column);
    const watching = watched.get(column);
    if (watching) watching.histogram.slot = NO_SLOT;
  }

  function freeSlot(): number | null {
    const taken = new Set([SELECTION_SLOT, ...[...applied.values()].map((one) => one.slot)]);
    for (let slot = 1; slot < SLOTS; slot++) if (!taken.has(slot)) return slot;
    return null;
  }

  async function watch(column: number): Promise<Watched> {
    const bins = await columns.bins(column);
    let watching = watched.get(column);
    if (!watching) {
      const histogram = crossfilter.watch(bins.bins, applied.get(column)?.slot ?? NO_SLOT);
      watching = { histogram, totals: totalsOf(bins.bins), users: 0, bins };
      watched.set(column, watching);
    }
    watching.users++;
    return { ...bins, counts: watching.histogram.counts, totals: watching.totals };
  }

  function unwatch(column: number): void {
    const watching = watched.get(column);
    if (!watching || --watching.users > 0) return;
    crossfilter.unwatch(watching.histogram);
    watched.delete(column);
  }

  return { sync, watch, unwatch, selected: () => selected };
}

/** Shapes one after the other: new, added, taken away. */
export function combine(parts: Pick<Part, "mode">[], shapes: Bits[], nRows: number): Bits {
  return parts.reduce((rows, part, i) => {
    if (part.mode === "add") return eitherBits(rows, shapes[i]);
    if (part.mode === "subtract") return withoutBits(rows, shapes[i]);
    return bothBits(shapes[i], shapes[i]);
  }, emptyBits(nRows));
}

function tableOf(codes: number[]): Uint8Array {
  const kept = new Uint8Array(65536);
  for (const code of codes) kept[code] = 1;
  return kept;
}

function totalsOf(bins: Uint8Array): Uint32Array {
  const totals = new Uint32Array(MISSING_BIN + 1);
  for (let row = 0; row < bins.length; row++) totals[bins[row]]++;
  return totals;
}
