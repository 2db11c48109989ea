/** Which columns play a known part: the target, its prediction, the reliability of a row. */

import type { ColumnInfo, MapInfo } from "./map_folder";

export const K = 15;

export interface Roles {
  target: ColumnInfo | null;
  predicted: ColumnInfo | null;
  confidence: ColumnInfo | null;
  kept: ColumnInfo | null;
  split: ColumnInfo | null;
  image: ColumnInfo | null;
  text: ColumnInfo | null;
  sequence: ColumnInfo | null;
  /** The column that the time slider starts with. */
  time: ColumnInfo | null;
  /** The column that says each row's region, by level. */
  regions: ColumnInfo[];
}

export function rolesOf(info: MapInfo): Roles {
  const find = (test: (column: ColumnInfo) => boolean) => info.columns.find(test) ?? null;
  const made = (name: string) => find((c) => c.group !== "data" && c.name === name);
  const kind = (name: string) => find((c) => c.group === "data" && c.kind === name);
  return {
    target: find((c) => c.role === "target"),
    predicted: made("predicted"),
    confidence: made("confidence"),
    kept: made("kept"),
    split: made("split") ?? find((c) => c.role === "split"),
    image: kind("image"),
    text: kind("text"),
    sequence: kind("sequence"),
    time: find((c) => c.kind === "time" && c.dtype === "u16q"),
    regions: regionColumns(info),
  };
}

function regionColumns(info: MapInfo): ColumnInfo[] {
  return info.columns
    .filter(
      (c) => c.group === "map" && /^region\.\d+$/.test(c.name) && (c.dtype === "u8" || c.dtype === "u16"),
    )
    .sort((a, b) => a.name.localeCompare(b.name, "en", { numeric: true }));
}

/** How many of 15 neighbors a row kept, whether the channel counts them or gives their share. */
export function keptOf15(kept: ColumnInfo, value: number): number {
  const share = (kept.max ?? 0) > 1 ? value / K : value;
  return Math.round(Math.min(1, Math.max(0, share)) * K);
}

/** What a person looks at first: the target, then a category of few values, then any column sent. */
export function firstColor(info: MapInfo): number | null {
  const roles = rolesOf(info);
  const sent = info.columns.filter((c) => c.dtype !== null);
  const few = sent.find((c) => c.group === "data" && c.role === "input" && isFew(c));
  const number = sent.find((c) => c.group === "data" && c.role === "input");
  const region = roles.regions[0];
  const target = roles.target?.dtype ? roles.target : null;
  return (target ?? roles.predicted ?? few ?? number ?? region ?? sent[0])?.index ?? null;
}

function isFew(column: ColumnInfo): boolean {
  const n = column.categories?.length ?? 0;
  return n >= 2 && n <= 12;
}

/** Columns that can be drawn, in the order a person wants them: target, inputs, then what the map says of each row. */
export function orderedColumns(info: MapInfo): ColumnInfo[] {
  const rank = (column: ColumnInfo) => {
    if (column.role === "target") return 0;
    if (column.group === "data") return column.role === "input" ? 1 : 3;
    return column.name === "kept" ? 2 : 4;
  };
  const regions = new Set(regionColumns(info));
  return info.columns
    .filter((column) => column.dtype !== null && !regions.has(column))
    .sort((a, b) => rank(a) - rank(b) || a.index - b.index);
}
