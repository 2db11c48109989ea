/** What a typed word may mean: rows that hold it, a row's number, a region, a column. */

import { rowsOf } from "./bits";
import type { Explorer } from "./explorer";
import { previewText } from "./format";
import { rowsOfRegion } from "./shapes";

export interface Result {
  key: string;
  title: string;
  note: string;
  run: () => void;
}

const ROWS_SHOWN = 4;
const OTHERS_SHOWN = 4;

export async function resultsFor(
  explorer: Explorer,
  text: string,
  mode: "text" | "regex",
): Promise<Result[]> {
  const found = explorer.info.can.search ? await rowResults(explorer, text, mode) : [];
  return [
    ...numberResult(explorer, text),
    ...found,
    ...regionResults(explorer, text),
    ...columnResults(explorer, text),
  ];
}

function numberResult(explorer: Explorer, text: string): Result[] {
  const row = /^\d{1,9}$/.test(text) ? Number(text) : -1;
  if (row < 0 || row >= explorer.info.nRows) return [];
  const { t } = explorer.words.get();
  return [
    {
      key: "number",
      title: t("row.title", { n: row }),
      note: t("tab.row"),
      run: () => explorer.showRow(row, true),
    },
  ];
}

async function rowResults(explorer: Explorer, text: string, mode: "text" | "regex"): Promise<Result[]> {
  const { t } = explorer.words.get();
  const found = await explorer.ask(() => explorer.backend.search(text, mode, ROWS_SHOWN)).catch(() => null);
  if (!found?.nFound) return [];
  const previews = await explorer.previews.many(found.rows).catch(() => []);
  const all: Result = {
    key: "all",
    title: t("search.selectAll", { n: found.nFound, text }),
    note: t("search.rows"),
    run: () => explorer.select({ mode: "new", shape: { kind: "search", query: text, mode } }),
  };
  const single = found.rows.slice(0, ROWS_SHOWN).map((row, i) => ({
    key: `row ${row}`,
    title: excerpt(Object.values(previews[i] ?? {}), text),
    note: t("row.title", { n: row }),
    run: () => explorer.showRow(row, true),
  }));
  return [all, ...single];
}

/** The first value that holds the word, cut so that the word is seen. */
function excerpt(values: unknown[], word: string): string {
  const texts = values.filter((value): value is string => typeof value === "string");
  const hit = texts.find((text) => text.toLowerCase().includes(word.toLowerCase())) ?? texts[0] ?? "";
  const at = Math.max(0, hit.toLowerCase().indexOf(word.toLowerCase()) - 16);
  return (at > 0 ? "…" : "") + previewText(hit.slice(at), 90);
}

/** Regions by their names as they are written or as the page says them. */
function regionResults(explorer: Explorer, text: string): Result[] {
  const { t, region: say } = explorer.words.get();
  const names = explorer.names.get();
  return explorer.info.regions
    .map((region) => ({ region, name: names.get(region.id) ?? "" }))
    .map((one) => ({ ...one, title: say(one.name, explorer.naming) }))
    .filter(({ name, title }) => contains(name, text) || contains(title, text))
    .sort((a, b) => b.region.nRows - a.region.nRows)
    .slice(0, OTHERS_SHOWN)
    .map(({ region, title }) => ({
      key: `region ${region.id}`,
      title,
      note: t("search.region", { n: region.nRows }),
      run: () => void flyToRegion(explorer, region.id),
    }));
}

export async function flyToRegion(explorer: Explorer, id: number): Promise<void> {
  const rows = await explorer.ask(() => rowsOfRegion(explorer.info, explorer.columns, id)).catch(() => null);
  if (rows) explorer.scene.get()?.fitTo(rowsOf(rows), 420);
}

function columnResults(explorer: Explorer, text: string): Result[] {
  const { t } = explorer.words.get();
  return explorer.info.columns
    .filter((column) => column.dtype !== null && contains(explorer.words.get().title(column), text))
    .slice(0, OTHERS_SHOWN)
    .map((column) => ({
      key: `column ${column.index}`,
      title: explorer.words.get().title(column),
      note: t("search.column"),
      run: () => explorer.colorBy(column.index),
    }));
}

function contains(whole: string, part: string): boolean {
  return whole.toLocaleLowerCase().includes(part.toLocaleLowerCase());
}
