import { gzipSync } from "node:zlib";
import { afterEach, describe, expect, it, vi } from "vitest";
import { servedBackend } from "../src/api";
import { csvText, inlinedBackend, searchPreviews } from "../src/api_inlined";
import { ApiError } from "../src/backend";

import { createPreviews } from "../src/previews";
import { lastWins } from "../src/work";

/** As much of a page as the inlined backend looks at. */
function pageWith(blocks: Record<string, { bytes: Uint8Array; gzip: boolean }>): Document {
  const elements = Object.entries(blocks).map(([name, { bytes, gzip }]) => ({
    textContent: `\n${Buffer.from(gzip ? gzipSync(bytes) : bytes).toString("base64")}\n`,
    getAttribute: (key: string) =>
      ({ "data-name": name, "data-encoding": gzip ? "gzip" : null })[key] ?? null,
  }));
  return { querySelectorAll: () => elements } as unknown as Document;
}
const json = (value: unknown, gzip = true) => ({
  bytes: new TextEncoder().encode(JSON.stringify(value)),
  gzip,
});

const info = {
  format: 1,
  name: "tiny",
  nRows: 2,
  columns: [{ index: 0, name: "a", dtype: "u8", categories: ["x", "y"], group: "data" }],
};

describe("a map carried by the page", () => {
  const page = pageWith({
    "api/map": json(info),
    "api/places": { bytes: new Uint8Array(Uint16Array.of(1, 2, 3, 4).buffer), gzip: true },
    "api/column/0": { bytes: Uint8Array.of(0, 1), gzip: false },
    "api/rows": json([
      { a: "x", text: "blue bowl" },
      { a: "y", text: "=SUM(1)" },
    ]),
    "api/image/1": { bytes: Uint8Array.of(137, 80, 78, 71), gzip: false },
  });

  it("answers as the server would", async () => {
    const backend = inlinedBackend(page)!;
    expect((await backend.info()).name).toBe("tiny");
    expect([...(await backend.places())]).toEqual([1, 2, 3, 4]);
    const column = await backend.column(info.columns[0] as never, 2);
    expect(column.type === "codes" && [...column.codes]).toEqual([0, 1]);
    expect(await backend.rows([1])).toEqual([{ a: "y", text: "=SUM(1)" }]);
    expect(await backend.search("BOWL blue", "text", 5)).toEqual({ rows: [0], nFound: 1 });
    expect([backend.image(0), String(backend.image(1)).slice(0, 22)]).toEqual([
      null,
      "data:image/png;base64,",
    ]);
  });

  it("reads rows packed by column", async () => {
    const packed = pageWith({
      "api/map": json(info),
      "api/rows": json({ columns: { a: ["x", "y"], b: [1, null] } }),
    });
    expect(await inlinedBackend(packed)!.rows([1, 0])).toEqual([
      { a: "y", b: null },
      { a: "x", b: 1 },
    ]);
  });

  it("says what it lacks", async () => {
    const backend = inlinedBackend(page)!;
    await expect(backend.renameRegion(0, "x")).rejects.toMatchObject({ trouble: "refused" });
    await expect(backend.exportRows(null, "parquet", 2)).rejects.toMatchObject({ trouble: "missing" });
    expect(inlinedBackend(pageWith({}))).toBe(null);
  });

  it("writes tables that no spreadsheet runs", () => {
    expect(
      csvText([
        { a: "=1+1", b: 'say "hi", you' },
        { a: -5, b: null },
      ]),
    ).toBe('\ufeffa,b\r\n\'=1+1,"say ""hi"", you"\r\n-5,\r\n');
  });

  it("finds by pattern", () => {
    const rows = [{ a: "A-12" }, { a: "B-7" }, { a: 12 }];
    expect(searchPreviews(rows, "^a-\\d+$", "regex", 9)).toEqual({ rows: [0], nFound: 1 });
  });
});

describe("a served map", () => {
  afterEach(() => vi.unstubAllGlobals());
  const answer = (status: number, body: BodyInit) =>
    vi.stubGlobal("fetch", async () => new Response(body, { status }));

  it("tells the troubles apart", async () => {
    const backend = servedBackend("");
    for (const [status, trouble] of [
      [401, "refused"],
      [403, "refused"],
      [404, "missing"],
      [500, "failed"],
    ] as const) {
      answer(status, JSON.stringify({ detail: "why" }));
      await expect(backend.neighbors(1)).rejects.toMatchObject({ trouble, message: "why" });
    }
    vi.stubGlobal("fetch", async () => {
      throw new TypeError("refused connection");
    });
    await expect(backend.info()).rejects.toMatchObject({ trouble: "away" });
  });

  it("calls a cut answer damaged, and a format of another version by its name", async () => {
    const backend = servedBackend("");
    answer(200, new Uint8Array(3));
    const column = { index: 0, name: "a", dtype: "u8" } as never;
    await expect(backend.column(column, 4)).rejects.toMatchObject({ trouble: "damaged" });
    answer(200, JSON.stringify({ format: 99 }));
    await expect(backend.info()).rejects.toMatchObject({ trouble: "newer" });
    answer(200, JSON.stringify({ format: 0 }));
    await expect(backend.info()).rejects.toMatchObject({ trouble: "older" });
    answer(200, JSON.stringify({ format: "?" }));
    await expect(backend.info()).rejects.toMatchObject({ trouble: "damaged" });
    answer(200, "{not json");
    await expect(backend.info()).rejects.toBeInstanceOf(ApiError);
  });
});

describe("row previews", () => {
  it("are asked for once, in batches, and again after a failure", async () => {
    const asked: number[][] = [];
    let fails = true;
    const backend = {
      rows: async (rows: number[]) => {
        asked.push(rows);
        if (fails) throw new ApiError("away", "");
        return rows.map((row) => ({ row }));
      },
    };
    const previews = createPreviews(backend as never);
    await expect(previews.many([1, 2, 2, 3])).rejects.toBeInstanceOf(ApiError);
    fails = false;
    expect(await previews.many([1, 2, 2, 3])).toEqual([{ row: 1 }, { row: 2 }, { row: 2 }, { row: 3 }]);
    await previews.many([3, 4]);
    expect(asked).toEqual([[1, 2, 3], [1, 2, 3], [4]]);
  });
});

describe("work that the last call wins", () => {
  it("runs once for the first call and once for all that came meanwhile", async () => {
    let runs = 0;
    const work = lastWins(async () => {
      runs++;
      await Promise.resolve();
    });
    await Promise.all([work(), work(), work(), work()]);
    expect(runs).toBe(2);
  });
});
