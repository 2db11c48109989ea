/** The columns of the table of rows, and the order of its rows. */

import type { Columns } from "./columns";
import { type ColumnInfo, type MapInfo, MISSING_STEP } from "./map_folder";
import { rolesOf } from "./roles";

export interface TableColumn {
  key: string;
  info: ColumnInfo | null;
  part: "image" | "row" | "target" | "predicted" | "kept" | "field";
  right: boolean;
  width: number;
}

const MOST_FIELDS = 40;
const LONG = new Set(["text", "sequence", "vector"]);

/** Picture, row number, target, prediction, the given columns, kept neighbors. */
export function tableColumns(info: MapInfo): TableColumn[] {
  const roles = rolesOf(info);
  const columns: TableColumn[] = [];
  const put = (part: TableColumn["part"], column: ColumnInfo | null, width: number, right = false) =>
    columns.push({ key: column ? `${part} ${column.index}` : part, info: column, part, right, width });
  if (roles.image && info.can.image) put("image", null, 68);
  put("row", null, columns.length ? 84 : 104, true);
  if (roles.target) put("target", roles.target, 150);
  if (roles.predicted) put("predicted", roles.predicted, 170);
  const given = info.columns.filter((c) => c.group === "data" && c.role !== "target" && c.kind !== "image");
  for (const column of given.slice(0, MOST_FIELDS)) {
    const isNumber = column.kind === "number";
    put("field", column, LONG.has(column.kind) ? 260 : isNumber ? 110 : 140, isNumber);
  }
  if (roles.kept) put("kept", roles.kept, 200);
  return columns;
}

/** Rows in the table's order; null stands for all rows as they are. Missing values come last. */
export async function sortedRows(
  columns: Columns,
  info: MapInfo,
  inside: Uint32Array | null,
  sort: { column: number; down: boolean } | null,
): Promise<Uint32Array | null> {
  if (!sort) return inside;
  const data = await columns.load(sort.column);
  const rows = inside ?? Uint32Array.from({ length: info.nRows }, (_, row) => row);
  const values = data.type === "numbers" ? data.steps : data.codes;
  const missing = data.type === "numbers" ? MISSING_STEP : data.missing;
  return countingSort(rows, values, missing, sort.down);
}

/** Stable, in one pass over at most 65,536 values. */
function countingSort(
  rows: Uint32Array,
  values: Uint8Array | Uint16Array,
  missing: number,
  down: boolean,
): Uint32Array {
  const rank = (value: number) => (value === missing ? 65535 : down ? 65534 - value : value);
  const starts = new Uint32Array(65537);
  for (let i = 0; i < rows.length; i++) starts[rank(values[rows[i]]) + 1]++;
  for (let at = 1; at < starts.length; at++) starts[at] += starts[at - 1];
  const sorted = new Uint32Array(rows.length);
  for (let i = 0; i < rows.length; i++) sorted[starts[rank(values[rows[i]])]++] = rows[i];
  return sorted;
}
