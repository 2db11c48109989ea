/** Row previews, asked for in batches and remembered. */

import type { Backend } from "./backend";
import type { Preview } from "./map_folder";

const BATCH = 500;
const REMEMBERED = 6000;

export interface Previews {
  one(row: number): Promise<Preview>;
  many(rows: number[]): Promise<Preview[]>;
  have(row: number): Preview | null;
}

export function createPreviews(backend: Backend): Previews {
  const known = new Map<number, Preview>();
  const asked = new Map<number, Promise<Preview>>();
  const waiting: { row: number; done: (preview: Preview) => void; failed: (error: unknown) => void }[] = [];

  async function flush(): Promise<void> {
    const batch = waiting.splice(0, BATCH);
    if (waiting.length) queueMicrotask(flush);
    try {
      const answers = await backend.rows(batch.map((wait) => wait.row));
      batch.forEach((wait, i) => {
        remember(wait.row, answers[i]);
        wait.done(answers[i]);
      });
    } catch (error) {
      for (const wait of batch) wait.failed(error);
    } finally {
      for (const wait of batch) asked.delete(wait.row);
    }
  }

  function remember(row: number, preview: Preview): void {
    known.set(row, preview);
    if (known.size > REMEMBERED) known.delete(known.keys().next().value!);
  }

  function one(row: number): Promise<Preview> {
    const ready = known.get(row);
    if (ready) return Promise.resolve(ready);
    let promise = asked.get(row);
    if (!promise) {
      promise = new Promise<Preview>((done, failed) => {
        if (!waiting.length) queueMicrotask(flush);
        waiting.push({ row, done, failed });
      });
      asked.set(row, promise);
    }
    return promise;
  }

  return { one, many: (rows) => Promise.all(rows.map(one)), have: (row) => known.get(row) ?? null };
}
