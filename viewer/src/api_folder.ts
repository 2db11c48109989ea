/** A map as files beside the page, for any web server that can do no more than send files. */

import { decoded, insistOnGood } from "./api";
import { csvText, drawAtlas, matcher, rowsFrom } from "./api_inlined";
import { ApiError, type Backend, type Found } from "./backend";
import { rowsOf } from "./bits";
import { contrastInPage } from "./contrast";
import { checkInfo, decodeColumn, decodePlaces, type MapInfo, type Preview } from "./map_folder";
import { lastKept } from "./work";

const AT_ONCE = 6;
const KEPT_PARTS = 400;

export function folderBackend(page: Document): Backend | null {
  const mark = page.querySelector<HTMLMetaElement>('meta[name="belvedere-folder"]');
  if (!mark) return null;
  const perPart = Number(mark.dataset.rowsPerPart) || 1000;
  let info: MapInfo;
  const packed = (name: string) => unpacked(`${mark.content}/${name}.bin`);
  const json = async (name: string) => JSON.parse(new TextDecoder().decode(await packed(name)));
  const part = lastKept(KEPT_PARTS, async (number: number) => rowsFrom(await json(`rows/${number}`)));
  const near = lastKept(
    KEPT_PARTS,
    async (number: number) => new Int32Array(await packed(`neighbors/${number}`)),
  );
  const sheet = lastKept(KEPT_PARTS, (number: number) =>
    picturesIn(`${mark.content}/pictures/${number}.bin`),
  );
  const image = async (row: number) => (await sheet(Math.floor(row / perPart)))[row % perPart] ?? null;
  const column = async (at: MapInfo["columns"][number], nRows: number) =>
    decoded(async () => decodeColumn(at, await packed(`column/${at.index}`), nRows));

  return {
    isServed: false,
    info: () => decoded(async () => (info = checkInfo(await json("map")))),
    places: () => decoded(async () => decodePlaces(await packed("places"))),
    column,
    rows: (rows) => pick(rows, perPart, part),
    image: (row) => (info.can.image ? image(row) : null),
    atlas: async (rows, cell) => drawAtlas(await Promise.all(rows.map(image)), cell),
    search: (query, mode, limit) =>
      searchParts(partsOf(info.nRows, perPart), part, matcher(query, mode), limit),
    neighbors: async (row) => {
      const number = Math.floor(row / perPart);
      const all = await near(number);
      const k = all.length / Math.min(perPart, info.nRows - number * perPart);
      const start = (row % perPart) * k;
      return { rows: [...all.subarray(start, start + k)].filter((other) => other >= 0), distances: [] };
    },
    contrast: async (selection, against, nRows) => {
      const data = info.columns.filter((c) => c.dtype !== null && c.group === "data");
      const loaded = await Promise.all(data.map(async (c) => ({ info: c, data: await column(c, nRows) })));
      return { differences: contrastInPage(loaded, selection, against, nRows) };
    },
    exportRows: async (selection, format, nRows) => {
      if (format !== "csv") throw new ApiError("missing", format);
      const rows = selection ? [...rowsOf(selection)] : Array.from({ length: nRows }, (_, row) => row);
      return new Blob([csvText(await pick(rows, perPart, part))], { type: "text/csv;charset=utf-8" });
    },
    explain: refuse,
    renameRegion: refuse,
    tag: refuse,
  };
}

type Part = (number: number) => Promise<Preview[]>;

/** Rows from the parts that hold them, each part asked for once, a few at a time. */
async function pick(rows: number[], perPart: number, part: Part): Promise<Preview[]> {
  const numbers = [...new Set(rows.map((row) => Math.floor(row / perPart)))];
  const parts = new Map<number, Preview[]>();
  await inTurns(numbers, async (number) => void parts.set(number, await part(number)));
  return rows.map((row) => parts.get(Math.floor(row / perPart))?.[row % perPart] ?? {});
}

async function searchParts(
  nParts: number,
  part: Part,
  matches: (value: string) => boolean,
  limit: number,
): Promise<Found> {
  const numbers = Array.from({ length: nParts }, (_, number) => number);
  const found: number[][] = numbers.map(() => []);
  let perPart = 0;
  await inTurns(numbers, async (number) => {
    const rows = await part(number);
    if (number === 0) perPart = rows.length;
    rows.forEach((row, at) => {
      if (Object.values(row).some((value) => typeof value === "string" && matches(value)))
        found[number].push(at);
    });
  });
  const rows = found.flatMap((inPart, number) => inPart.map((at) => number * perPart + at));
  return { rows: rows.slice(0, limit), nFound: rows.length };
}

async function inTurns<T>(items: T[], work: (item: T) => Promise<void>): Promise<void> {
  const queue = items.values();
  const worker = async () => {
    for (const item of queue) await work(item);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
}

const partsOf = (nRows: number, perPart: number) => Math.ceil(nRows / perPart);

/** One part's pictures as addresses: uint32 ends (one per row), then the files one after another. */
async function picturesIn(address: string): Promise<(string | null)[]> {
  const bytes = await (await file(address)).arrayBuffer();
  const nRows = new DataView(bytes).getUint32(0, true);
  const ends = new Uint32Array(bytes, 4, nRows);
  const start = 4 + 4 * nRows;
  return Array.from(ends, (end, row) => {
    const begin = row ? ends[row - 1] : 0;
    if (begin === end) return null;
    return URL.createObjectURL(new Blob([bytes.slice(start + begin, start + end)], { type: "image/png" }));
  });
}

async function unpacked(address: string): Promise<ArrayBuffer> {
  const body = (await file(address)).body!;
  return new Response(body.pipeThrough(new DecompressionStream("gzip"))).arrayBuffer();
}

async function file(address: string): Promise<Response> {
  let answer: Response;
  try {
    answer = await fetch(address, { credentials: "same-origin" });
  } catch {
    throw new ApiError("away", address);
  }
  return insistOnGood(answer);
}

function refuse(): Promise<never> {
  return Promise.reject(new ApiError("refused", ""));
}
