/** What is known of one row beyond its own fields: prediction, reliability, place in the regions. */

import type { Columns } from "./columns";
import { type ColumnInfo, valueAt } from "./map_folder";
import { keptOf15, type Roles } from "./roles";

export interface RowFacts {
  target: string | null;
  predicted: string | null;
  isRight: boolean | null;
  confidence: number | null;
  kept: number | null;
  split: string | null;
}

export interface Cell {
  text: string | null;
  value: number | null;
}

/** One cell of a sent column: its category or its number; null where missing. */
export async function cellOf(columns: Columns, column: ColumnInfo | null, row: number): Promise<Cell> {
  if (!column?.dtype) return { text: null, value: null };
  const data = await columns.load(column.index);
  if (data.type === "numbers") {
    const value = valueAt(data, row);
    return { text: null, value: Number.isNaN(value) ? null : value };
  }
  const code = data.codes[row];
  return { text: code === data.missing ? null : (data.names[code] ?? null), value: null };
}

/** `write` says how a column's number is written. */
export async function factsOf(
  columns: Columns,
  roles: Roles,
  row: number,
  write: (column: ColumnInfo, value: number) => string,
): Promise<RowFacts> {
  const cell = (column: ColumnInfo | null) =>
    cellOf(columns, column, row).catch(() => ({ text: null, value: null }));
  const [target, predicted, confidence, kept, split] = await Promise.all(
    [roles.target, roles.predicted, roles.confidence, roles.kept, roles.split].map(cell),
  );
  const textOf = ({ text, value }: Cell, column: ColumnInfo | null) =>
    text ?? (column && value !== null ? write(column, value) : null);
  return {
    target: textOf(target, roles.target),
    predicted: textOf(predicted, roles.predicted),
    isRight: target.text !== null && predicted.text !== null ? target.text === predicted.text : null,
    confidence: confidence.value,
    kept: kept.value === null || !roles.kept ? null : keptOf15(roles.kept, kept.value),
    split: split.text,
  };
}

/** How a row's place is to be read, in words. */
export function reliabilityKey(kept: number): "row.sure" | "row.fair" | "row.weak" | "row.lost" {
  if (kept >= 8) return "row.sure";
  if (kept >= 5) return "row.fair";
  return kept >= 2 ? "row.weak" : "row.lost";
}
