/** The view as a readable hash and back; columns by name, so that a link survives a re-ordered table. */

import type { ColumnInfo, MapInfo } from "./map_folder";
import { rowsToText, textToRows } from "./row_text";
import type { Filter, Group, Part, Shape, Tab, View } from "./store";

const TABS: Tab[] = ["map", "selection", "row"];
const MODES: Record<Part["mode"], string> = { new: "=", add: "+", subtract: "-" };

export function toHash(view: View, info: MapInfo): string {
  const parts: [string, string][] = [];
  const put = (key: string, value: string | null) => value !== null && parts.push([key, value]);
  put("color", view.colorBy === null ? null : info.columns[view.colorBy].name);
  put("center", view.center === null ? null : short(view.center));
  for (const filter of view.filters) put("filter", filterText(filter, info.columns));
  for (const part of view.selection) put("select", MODES[part.mode] + shapeText(part.shape));
  put("a", groupText(view.groupA, info.columns));
  put("b", groupText(view.groupB, info.columns));
  put("row", view.row === null ? null : String(view.row));
  put("tab", view.tab === "map" ? null : view.tab);
  put("veil", view.veil ? String(view.threshold) : null);
  put("beside", view.beside ? null : "off");
  put("time", view.time === null ? null : info.columns[view.time].name);
  put("rows", view.drawer ? "open" : null);
  const camera = view.camera;
  put("at", camera ? [camera.x, camera.y, camera.zoom].map(short).join(",") : null);
  return parts.length ? `#${new URLSearchParams(parts).toString()}` : "";
}

/** What a hash says, leaving out everything that this map does not have. */
export function fromHash(hash: string, info: MapInfo): Partial<View> {
  const words = new URLSearchParams(hash.replace(/^#/, ""));
  const view: Partial<View> = {};
  const color = info.columns.find((column) => column.name === words.get("color"));
  if (color) view.colorBy = color.index;
  const center = Number(words.get("center") ?? Number.NaN);
  if (color && Number.isFinite(center)) view.center = center;
  view.filters = words.getAll("filter").flatMap((text) => readFilter(text, info.columns));
  view.selection = words.getAll("select").flatMap(readPart);
  for (const [key, name] of [
    ["a", "groupA"],
    ["b", "groupB"],
  ] as const) {
    const group = readGroup(words.get(key), info.columns);
    if (group) view[name] = group;
  }
  const row = wholeNumber(words.get("row"));
  if (row !== null && row < info.nRows) view.row = row;
  const tab = TABS.find((name) => name === words.get("tab"));
  if (tab) view.tab = tab;
  const veil = wholeNumber(words.get("veil"));
  if (veil !== null) Object.assign(view, { veil: true, threshold: Math.min(15, veil) });
  if (words.get("beside") === "off") view.beside = false;
  const time = info.columns.find((one) => one.name === words.get("time") && one.kind === "time");
  if (time) view.time = time.index;
  if (words.get("rows") === "open") view.drawer = true;
  const at = (words.get("at") ?? "").split(",").map(Number);
  if (at.length === 3 && at.every(Number.isFinite) && at[2] > 0)
    view.camera = { x: at[0], y: at[1], zoom: at[2] };
  return view;
}

/** A group is written as a hash within the hash. */
function groupText(group: Group | null, columns: ColumnInfo[]): string | null {
  if (!group) return null;
  const filters = group.filters.map((filter) => ["filter", filterText(filter, columns)]);
  const parts = group.parts.map((part) => ["select", MODES[part.mode] + shapeText(part.shape)]);
  return new URLSearchParams([...filters, ...parts]).toString();
}

function readGroup(text: string | null, columns: ColumnInfo[]): Group | null {
  const words = new URLSearchParams(text ?? "");
  const filters = words.getAll("filter").flatMap((one) => readFilter(one, columns));
  const parts = words.getAll("select").flatMap(readPart);
  return filters.length || parts.length ? { parts, filters } : null;
}

function filterText(filter: Filter, columns: ColumnInfo[]): string {
  const name = encodeURIComponent(columns[filter.column].name);
  if (filter.type === "range") return `${name}:${short(filter.low)}..${short(filter.high)}`;
  return `${name}=${filter.codes.join(",")}`;
}

function readFilter(text: string, columns: ColumnInfo[]): Filter[] {
  const range = /^([^:=]*):(.+)\.\.(.+)$/.exec(text);
  const codes = /^([^:=]*)=([\d,]+)$/.exec(text);
  const column = columns.find((c) => encodeURIComponent(c.name) === (range ?? codes)?.[1]);
  if (!column) return [];
  if (codes) return [{ column: column.index, type: "codes", codes: codes[2].split(",").map(Number) }];
  const [low, high] = [Number(range![2]), Number(range![3])];
  return Number.isFinite(low) && Number.isFinite(high)
    ? [{ column: column.index, type: "range", low, high }]
    : [];
}

function shapeText(shape: Shape): string {
  if (shape.kind === "polygon" || shape.kind === "beside")
    return `${shape.kind}:${shape.points.map(short).join(",")}`;
  if (shape.kind === "region") return `region:${shape.id}`;
  if (shape.kind === "finding") return `finding:${shape.index}`;
  if (shape.kind === "confusion") return `confusion:${shape.actual},${shape.predicted}`;
  if (shape.kind === "search") return `${shape.mode}:${shape.query}`;
  return `rows:${rowsToText(shape.rows)}`;
}

function readPart(text: string): Part[] {
  const mode = (Object.keys(MODES) as Part["mode"][]).find((name) => MODES[name] === text[0]);
  const [, kind, value] = /^.(\w+):([\s\S]*)$/.exec(text) ?? [];
  const shape = mode && kind ? readShape(kind, value) : null;
  return mode && shape ? [{ mode, shape }] : [];
}

function readShape(kind: string, value: string): Shape | null {
  if (kind === "text" || kind === "regex") return { kind: "search", query: value, mode: kind };
  if (kind === "rows") return { kind: "rows", rows: textToRows(value) };
  const numbers = value.split(",").map(Number);
  if (!numbers.every(Number.isFinite)) return null;
  if ((kind === "polygon" || kind === "beside") && numbers.length >= 6) return { kind, points: numbers };
  if (kind === "region") return { kind: "region", id: numbers[0] };
  if (kind === "finding") return { kind: "finding", index: numbers[0] };
  if (kind === "confusion" && numbers.length === 2)
    return { kind, actual: numbers[0], predicted: numbers[1] };
  return null;
}

function wholeNumber(text: string | null): number | null {
  return text !== null && /^\d{1,9}$/.test(text) ? Number(text) : null;
}

function short(value: number): string {
  return String(Number(value.toPrecision(6)));
}
