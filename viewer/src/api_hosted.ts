/** The page inside a notebook's cell: it asks the page around it, which asks Python. No server, no address. */

import { type Ask, insistOnGood, servedBackend } from "./api";
import { ApiError, type Backend } from "./backend";
import type { Explorer } from "./explorer";
import type { Bits } from "./map_folder";
import type { Answer, FromPage, ToPage } from "./widget_messages";

const PATIENCE_MS = 120_000;
const MOST_PICTURES = 2_000;

interface Host {
  ask: Ask;
  tellSelection(bits: Uint8Array<ArrayBuffer>): void;
  onSelection(run: (bits: Uint8Array) => void): void;
}

let host: Host | null = null;

export function hostedBackend(page: Document): Backend | null {
  if (!page.querySelector('meta[name="belvedere-host"]')) return null;
  host = openHost(firstPort());
  const served = servedBackend("", host.ask);
  return { ...served, watch: undefined, coarse: undefined, hasAddress: false, image: pictures(host.ask) };
}

/** The selection goes to Python when it changes here, and comes from there when it changes there. */
export function followHost(explorer: Explorer): void {
  if (!host) return;
  const { tellSelection, onSelection } = host;
  const nBytes = Math.ceil(explorer.info.nRows / 8);
  let known = "";
  explorer.masks.subscribe(({ selected }) => {
    const bytes = selected ? bytesOf(selected, nBytes) : new Uint8Array(0);
    if (known === keyOf(bytes)) return;
    known = keyOf(bytes);
    tellSelection(bytes);
  });
  onSelection((bytes) => {
    if (known === keyOf(bytes)) return;
    known = keyOf(bytes);
    const rows = rowsIn(bytes, explorer.info.nRows);
    if (rows.length) explorer.select({ mode: "new", shape: { kind: "rows", rows } });
    else explorer.clearSelection();
  });
}

/** The page around gives its line once, when this page has loaded. */
function firstPort(): Promise<MessagePort> {
  return new Promise((found) => {
    window.addEventListener("message", (event) => {
      if (event.source === window.parent && event.ports[0]) found(event.ports[0]);
    });
  });
}

function openHost(coming: Promise<MessagePort>): Host {
  const waiting = new Map<number, (answer: Answer) => void>();
  let lastId = 0;
  let hear: (bits: Uint8Array) => void = () => undefined;
  let heard: Uint8Array | null = null;
  const tell = (message: FromPage) => void coming.then((port) => port.postMessage(message));
  void coming.then((port) => {
    port.onmessage = ({ data }: MessageEvent<ToPage>) => {
      if (data.kind === "answer") waiting.get(data.id)?.(data);
      else {
        heard = data.bits;
        hear(heard);
      }
    };
  });
  return {
    tellSelection: (bits) => tell({ kind: "selected", bits }),
    onSelection: (run) => {
      hear = run;
      if (heard) run(heard);
    },
    ask: async (path, body) => {
      const id = ++lastId;
      const answer = await new Promise<Answer>((done, failed) => {
        const patience = window.setTimeout(() => failed(new ApiError("away", path)), PATIENCE_MS);
        waiting.set(id, (found) => {
          window.clearTimeout(patience);
          done(found);
        });
        tell({ kind: "ask", id, path, body: body ? JSON.stringify(body) : null });
      }).finally(() => waiting.delete(id));
      return insistOnGood(new Response(answer.body, { status: answer.status }));
    },
  };
}

/** Pictures are fetched once and kept as addresses of this page; the oldest are let go. */
function pictures(ask: Ask): Backend["image"] {
  const made = new Map<string, Promise<string>>();
  return (row, full = false) => {
    const path = `/api/image/${row}${full ? "?size=full" : ""}`;
    let address = made.get(path);
    if (!address) {
      address = ask(path).then(async (answer) => URL.createObjectURL(await answer.blob()));
      made.set(path, address);
      address.catch(() => made.delete(path));
      if (made.size > MOST_PICTURES) forgetOldest(made);
    }
    return address;
  };
}

function forgetOldest(made: Map<string, Promise<string>>): void {
  const [path, address] = made.entries().next().value!;
  made.delete(path);
  void address.then((old) => URL.revokeObjectURL(old)).catch(() => undefined);
}

function bytesOf(bits: Bits, nBytes: number): Uint8Array<ArrayBuffer> {
  return new Uint8Array(bits.buffer, bits.byteOffset, nBytes).slice();
}

function rowsIn(bytes: Uint8Array, nRows: number): number[] {
  const rows: number[] = [];
  for (let row = 0; row < nRows; row++) if (bytes[row >> 3] & (1 << (row & 7))) rows.push(row);
  return rows;
}

/** Short, and different for different selections: the bytes' number and an FNV-1a hash. */
function keyOf(bytes: Uint8Array): string {
  let hash = 0x811c9dc5;
  for (const byte of bytes) hash = Math.imul(hash ^ byte, 0x01000193);
  return bytes.some((byte) => byte) ? `${bytes.length}.${hash >>> 0}` : "none";
}
