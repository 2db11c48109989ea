/** Columns fetched once, and their bins made once. */

import type { Backend } from "./backend";
import { type Bins, binsOf } from "./bins";
import type { ColumnData, MapInfo } from "./map_folder";

export interface Columns {
  load(index: number): Promise<ColumnData>;
  bins(index: number): Promise<Bins>;
  /** The column if it is here already. */
  have(index: number): ColumnData | null;
}

export function createColumns(backend: Backend, info: MapInfo): Columns {
  const loading = new Map<number, Promise<ColumnData>>();
  const here = new Map<number, ColumnData>();
  const binned = new Map<number, Promise<Bins>>();

  function load(index: number): Promise<ColumnData> {
    let promise = loading.get(index);
    if (!promise) {
      promise = backend.column(info.columns[index], info.nRows).then((data) => {
        here.set(index, data);
        return data;
      });
      promise.catch(() => loading.delete(index));
      loading.set(index, promise);
    }
    return promise;
  }

  function bins(index: number): Promise<Bins> {
    let promise = binned.get(index);
    if (!promise) {
      promise = load(index).then(binsOf);
      promise.catch(() => binned.delete(index));
      binned.set(index, promise);
    }
    return promise;
  }

  return { load, bins, have: (index) => here.get(index) ?? null };
}
