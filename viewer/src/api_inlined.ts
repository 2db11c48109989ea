/** A map carried by the page itself: one block per answer, base64, gzipped where it says so. No network. */

import { decoded } from "./api";
import { ApiError, type Backend } from "./backend";
import { rowsOf } from "./bits";
import { contrastInPage } from "./contrast";
import {
  base64ToBytes,
  checkInfo,
  decodeColumn,
  decodePlaces,
  type MapInfo,
  type Preview,
} from "./map_folder";

const PER_LINE = 32;

export function inlinedBackend(page: Document): Backend | null {
  const blocks = blocksOf(page);
  if (!blocks.has("api/map")) return null;
  let info: MapInfo;
  const previews = once(async () => rowsFrom(JSON.parse(await text(blocks, "api/rows"))));
  const images = new Map<number, string>();
  const column = async (at: MapInfo["columns"][number], nRows: number) =>
    decodeColumn(at, await bytes(blocks, `api/column/${at.index}`), nRows);

  return {
    isServed: false,
    info: () =>
      decoded(async () => {
        info = checkInfo(JSON.parse(await text(blocks, "api/map")));
        return info;
      }),
    places: async () => decodePlaces(await bytes(blocks, "api/places")),
    column,
    rows: async (rows) => {
      const all = await previews();
      return rows.map((row) => all[row] ?? {});
    },
    image: (row) => imageAddress(blocks, images, row),
    atlas: (rows, cell) =>
      drawAtlas(
        rows.map((row) => imageAddress(blocks, images, row)),
        cell,
      ),
    search: async (query, mode, limit) => searchPreviews(await previews(), query, mode, limit),
    neighbors: async (row) => neighborsOf(await bytes(blocks, "api/neighbors"), info, row),
    contrast: async (selection, against, nRows) => {
      const data = info.columns.filter((c) => c.dtype !== null && c.group === "data");
      const loaded = await Promise.all(data.map(async (c) => ({ info: c, data: await column(c, nRows) })));
      return { differences: contrastInPage(loaded, selection, against, nRows) };
    },
    exportRows: async (selection, format) => {
      if (format !== "csv") throw new ApiError("missing", format);
      const all = await previews();
      const chosen = selection ? [...rowsOf(selection)].map((row) => all[row]) : all;
      return new Blob([csvText(chosen)], { type: "text/csv;charset=utf-8" });
    },
    explain: refuse,
    renameRegion: refuse,
    tag: refuse,
  };
}

/** Previews as carried: a list of rows, or one list per column, which packs better. */
export function rowsFrom(carried: Preview[] | { columns: Record<string, Preview[string][]> }): Preview[] {
  if (Array.isArray(carried)) return carried;
  const columns = Object.entries(carried.columns);
  const nRows = columns[0]?.[1].length ?? 0;
  return Array.from({ length: nRows }, (_, row) =>
    Object.fromEntries(columns.map(([name, values]) => [name, values[row]])),
  );
}

export function csvText(rows: Preview[]): string {
  const names = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  const lines = rows.map((row) => names.map((name) => csvCell(row[name])).join(","));
  return `\ufeff${[names.map(csvCell).join(","), ...lines].join("\r\n")}\r\n`;
}

/** A cell that a spreadsheet would run as a formula gets an apostrophe before it. */
function csvCell(value: unknown): string {
  const plain =
    value === null || value === undefined
      ? ""
      : typeof value === "object"
        ? JSON.stringify(value)
        : String(value);
  const safe = typeof value === "string" && /^[=+\-@\t\r]/.test(plain) ? `'${plain}` : plain;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

export function searchPreviews(rows: Preview[], query: string, mode: "text" | "regex", limit: number) {
  const matches = matcher(query, mode);
  const found: number[] = [];
  let nFound = 0;
  rows.forEach((row, at) => {
    if (!Object.values(row).some((value) => typeof value === "string" && matches(value))) return;
    nFound++;
    if (found.length < limit) found.push(at);
  });
  return { rows: found, nFound };
}

/** Whether a text holds all words, or matches the pattern. */
export function matcher(query: string, mode: "text" | "regex"): (value: string) => boolean {
  if (mode === "regex") {
    const pattern = new RegExp(query, "iu");
    return (value) => pattern.test(value);
  }
  const words = query.toLocaleLowerCase().split(/\s+/).filter(Boolean);
  return (value) => words.every((word) => value.toLocaleLowerCase().includes(word));
}

interface Block {
  element: Element;
  gzip: boolean;
}

function blocksOf(page: Document): Map<string, Block> {
  const found = page.querySelectorAll('script[type^="application/octet-stream"][data-name]');
  return new Map(
    [...found].map((element) => [
      element.getAttribute("data-name") ?? "",
      { element, gzip: element.getAttribute("data-encoding") === "gzip" },
    ]),
  );
}

async function bytes(blocks: Map<string, Block>, name: string): Promise<ArrayBuffer> {
  const block = blocks.get(name);
  if (!block) throw new ApiError("missing", name);
  const raw = base64ToBytes(block.element.textContent ?? "");
  if (!block.gzip) return raw.buffer;
  const stream = new Blob([raw]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Response(stream).arrayBuffer();
}

async function text(blocks: Map<string, Block>, name: string): Promise<string> {
  return new TextDecoder().decode(await bytes(blocks, name));
}

function imageAddress(blocks: Map<string, Block>, made: Map<number, string>, row: number): string | null {
  const known = made.get(row);
  if (known) return known;
  const block = blocks.get(`api/image/${row}`);
  if (!block || block.gzip) return null;
  const address = `data:image/png;base64,${(block.element.textContent ?? "").replace(/\s+/g, "")}`;
  made.set(row, address);
  return address;
}

export async function drawAtlas(addresses: (string | null)[], cell: number): Promise<ImageBitmap> {
  const lines = Math.max(1, Math.ceil(addresses.length / PER_LINE));
  const canvas = new OffscreenCanvas(PER_LINE * cell, lines * cell);
  const pen = canvas.getContext("2d")!;
  await Promise.all(
    addresses.map(async (address, i) => {
      if (!address) return;
      const picture = new Image();
      picture.src = address;
      await picture.decode().catch(() => undefined);
      pen.drawImage(picture, (i % PER_LINE) * cell, Math.floor(i / PER_LINE) * cell, cell, cell);
    }),
  );
  return createImageBitmap(canvas);
}

/** int32 (rows, k), as the map folder holds them. */
function neighborsOf(buffer: ArrayBuffer, info: MapInfo, row: number) {
  const all = new Int32Array(buffer);
  const k = Math.floor(all.length / info.nRows);
  return { rows: [...all.subarray(row * k, row * k + k)].filter((r) => r >= 0), distances: [] };
}

function once<T>(work: () => Promise<T>): () => Promise<T> {
  let running: Promise<T> | null = null;
  return () => {
    running ??= work();
    return running;
  };
}

function refuse(): Promise<never> {
  return Promise.reject(new ApiError("refused", ""));
}
