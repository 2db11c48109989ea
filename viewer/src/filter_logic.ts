/** What a click on a key or a brush stroke means for a column's filter. */

import type { Bins } from "./bins";
import type { ColumnInfo } from "./map_folder";
import type { Filter } from "./store";
import type { Words } from "./words";

/**
 * First click: only these. Further clicks add or take away; nothing or everything left means no filter.
 * `groups` are the codes of all keys.
 */
export function toggled(filter: Filter | undefined, codes: number[], groups: number[][]): number[] | null {
  const kept = filter?.type === "codes" ? filter.codes : null;
  if (!kept) return codes;
  const isIn = codes.every((code) => kept.includes(code));
  const next = isIn ? kept.filter((code) => !codes.includes(code)) : [...new Set([...kept, ...codes])];
  const isAll = groups.every((group) => group.every((code) => next.includes(code)));
  return next.length === 0 || isAll ? null : next;
}

/** Whether a key's rows pass the column's own filter. */
export function passes(filter: Filter | undefined, codes: number[]): boolean {
  return filter?.type !== "codes" || codes.some((code) => filter.codes.includes(code));
}

/** Where a brush lies on the axis, as shares of its length. */
export function brushOf(filter: Filter | undefined, bins: Bins): [number, number] | null {
  if (filter?.type !== "range" || !bins.edges) return null;
  return [shareOf(bins.edges, filter.low), shareOf(bins.edges, filter.high)];
}

/** The filter for a brush from one share of the axis to another; snaps to whole bins where values are few. */
export function rangeOf(column: number, bins: Bins, from: number, to: number): Filter | null {
  const edges = bins.edges!;
  const [a, b] = from <= to ? [from, to] : [to, from];
  if (b - a < 0.005) return null;
  if (bins.values) {
    const low = edges[Math.round(a * bins.n)];
    const high = edges[Math.max(Math.round(a * bins.n) + 1, Math.round(b * bins.n))];
    return { column, type: "range", low, high };
  }
  const [low, high] = [valueAtShare(edges, a), valueAtShare(edges, b)];
  return a <= 0 && b >= 1 ? null : { column, type: "range", low, high };
}

function shareOf(edges: number[], value: number): number {
  const n = edges.length - 1;
  const bin = edges.findIndex((_, i) => i < n && value <= edges[i + 1]);
  if (bin < 0) return 1;
  const width = edges[bin + 1] - edges[bin] || 1;
  return Math.min(1, Math.max(0, (bin + (value - edges[bin]) / width) / n));
}

function valueAtShare(edges: number[], share: number): number {
  const place = Math.min(1, Math.max(0, share)) * (edges.length - 1);
  const bin = Math.min(edges.length - 2, Math.floor(place));
  return edges[bin] + (place - bin) * (edges[bin + 1] - edges[bin]);
}

/** A filter in words: "−15 – 20", "4, 9". */
export function filterText(filter: Filter, info: ColumnInfo, names: string[], words: Words): string {
  if (filter.type === "range") {
    const [low, high] = [
      Math.max(filter.low, info.min ?? filter.low),
      Math.min(filter.high, info.max ?? filter.high),
    ];
    return `${words.value(info, low)} – ${words.value(info, high)}`;
  }
  const shown = filter.codes
    .slice(0, 3)
    .map((code) => (code < names.length ? words.category(names[code], info) : "?"));
  return filter.codes.length > 3 ? `${shown.join(", ")} +${filter.codes.length - 3}` : shown.join(", ");
}
