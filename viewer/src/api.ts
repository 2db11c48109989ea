/** The only file that fetches: one interface, served by Belvedere or read from the page that carries the map. */

import { folderBackend } from "./api_folder";
import { hostedBackend } from "./api_hosted";
import { inlinedBackend } from "./api_inlined";
import { ApiError, type Backend, type Trouble } from "./backend";
import {
  type Bits,
  bitsToBase64,
  checkInfo,
  decodeColumn,
  decodePlaces,
  decodeRows,
  decodeSequence,
  FormatError,
} from "./map_folder";

/** The backend for this page: the map it carries, the folder or notebook around it, or the server it came from. */
export function chooseBackend(page: Document): Backend {
  return inlinedBackend(page) ?? folderBackend(page) ?? hostedBackend(page) ?? servedBackend("");
}

/** One question: a path, and a body where it is a POST. What is not a good answer is thrown as an `ApiError`. */
export type Ask = (path: string, body?: object) => Promise<Response>;

export function servedBackend(
  base: string,
  ask: Ask = (path, body) => send(base + path, body),
  root = "/api",
): Backend {
  const get = (path: string) => ask(`${root}/${path}`);
  const post = (path: string, body: object) => ask(`${root}/${path}`, body);
  const masked = (bits: Bits | null, nRows: number) => bits && bitsToBase64(bits, nRows);
  return {
    isServed: true,
    info: async () => decoded(async () => checkInfo(await (await get("map")).json())),
    places: async () => decoded(async () => decodePlaces(await (await get("places")).arrayBuffer())),
    watch: async () => {
      const answer = await get("watch");
      return answer.status === 204 ? null : answer.json();
    },
    picture: async (number) => decodePlaces(await (await get(`watch/${number}`)).arrayBuffer()),
    coarse: async () => {
      const answer = await get("coarse/map");
      return answer.status === 204 ? null : servedBackend(base, ask, `${root}/coarse`);
    },
    column: async (info, nRows) =>
      decoded(async () => decodeColumn(info, await (await get(`column/${info.index}`)).arrayBuffer(), nRows)),
    rows: async (rows) => (await post("rows", { rows })).json(),
    image: (row, full = false) => `${base}${root}/image/${row}${full ? "?size=full" : ""}`,
    atlas: async (rows, cell) => createImageBitmap(await (await post("atlas", { rows, cell })).blob()),
    search: async (query, mode, limit) => {
      const found = await (await post("search", { query, mode, limit })).json();
      return { rows: found.rows, nFound: found.n_found };
    },
    neighbors: async (row) => (await post("neighbors", { row })).json(),
    contrast: async (selection, against, nRows) =>
      (
        await post("contrast", { selection: masked(selection, nRows), against: masked(against, nRows) })
      ).json(),
    explain: async (row, what) => (await post("explain", { row, what })).json(),
    exportRows: async (selection, format, nRows) =>
      (await post("export", { selection: masked(selection, nRows), format })).blob(),
    renameRegion: async (id, name) => void (await post("regions", { id, name })),
    tag: async (name, selection, nRows) =>
      void (await post("tags", { name, selection: masked(selection, nRows) })),
    beside: () =>
      decoded(async () => {
        const answers = [get("beside"), get("beside/rows"), get("beside/places")];
        const [info, rows, places] = await Promise.all(answers);
        return {
          info: await info.json(),
          rows: decodeRows(await rows.arrayBuffer()),
          places: decodePlaces(await places.arrayBuffer()),
        };
      }),
    movers: async () => (await get("beside/movers")).json(),
    sequence: async (row) =>
      decoded(async () => decodeSequence(await (await get(`sequence/${row}`)).arrayBuffer())),
    sound: async (row) => (await get(`audio/${row}`)).blob(),
  };
}

async function send(address: string, body?: object): Promise<Response> {
  const headers = { "Content-Type": "application/json" };
  const request: RequestInit = body ? { method: "POST", headers, body: JSON.stringify(body) } : {};
  let answer: Response;
  try {
    answer = await fetch(address, { ...request, credentials: "same-origin" });
  } catch {
    throw new ApiError("away", address);
  }
  return insistOnGood(answer);
}

/** The answer, or what is wrong with it, thrown. */
export async function insistOnGood(answer: Response): Promise<Response> {
  if (answer.ok) return answer;
  throw new ApiError(troubleOf(answer.status), await messageOf(answer));
}

function troubleOf(status: number): Trouble {
  if (status === 401 || status === 403) return "refused";
  return status === 404 ? "missing" : "failed";
}

async function messageOf(answer: Response): Promise<string> {
  const text = (await answer.text().catch(() => "")).slice(0, 400);
  try {
    const said = JSON.parse(text);
    return String(said.detail ?? said.error ?? text);
  } catch {
    return text || String(answer.status);
  }
}

export async function decoded<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof ApiError) throw error;
    if (error instanceof FormatError) throw new ApiError(error.isNewer ? "newer" : "older", error.message);
    throw new ApiError("damaged", error instanceof Error ? error.message : String(error));
  }
}
