/** What the explorer asks of whoever holds the map, and the troubles it may meet. */

import type { Bits, ColumnData, ColumnInfo, MapInfo, Preview } from "./map_folder";
import type { Making } from "./watch/film";

export type Trouble = "newer" | "older" | "away" | "refused" | "missing" | "damaged" | "failed";

/** Says what kind of trouble it was, so that the page can show the right face. */
export class ApiError extends Error {
  constructor(
    readonly trouble: Trouble,
    message: string,
  ) {
    super(message);
  }
}

export interface Found {
  rows: number[];
  nFound: number;
}

export interface Neighbors {
  rows: number[];
  distances: number[];
}

export interface Difference {
  column: string;
  kind: string;
  effect: number;
  p?: number | null;
  q?: number | null;
  inside: number | string | null;
  outside: number | string | null;
  /** Categories and texts: the value or word whose share `inside` and `outside` tell. */
  value?: string | null;
  words?: string[] | null;
}

export interface Contrast {
  differences: Difference[];
  rule?: string | null;
  n_inside?: number;
  n_outside?: number;
}

export interface Explanation {
  about: string;
  baseline: string;
  /** Strongest first; `along` is signed: negative pulls hold the row back. */
  pulls: { column: string; kind: string; value: string; along: number }[];
  details: { column: string; parts: string; shape: number[]; labels: string[]; along: number[] }[];
  warnings: string[];
  /** What else may be asked about this row. */
  can: string[];
}

export interface BesideInfo {
  name: string;
  extent: [number, number, number, number];
  nRows: number;
  nMatched: number;
  /** Whether every row is on both maps, under the same number. */
  inOrder: boolean;
  key: string | null;
  regions: { id: number; level: number; name: string; x: number; y: number; nRows: number }[];
}

export interface MoversInfo {
  rows: number[];
  /** Share of the 15 true neighbors that are others on the second map. */
  changed: number[];
  /** Way between the two places, as a share of the map's width. */
  distance: number[];
}

/** One row's sequence at full length. */
export interface SequenceData {
  /** Steps in the data; every `stride`-th of them is here. */
  nSteps: number;
  stride: number;
  channels: Float32Array[];
}

export interface Backend {
  readonly isServed: boolean;
  /** Whether the page's address leads back to what it shows; not so inside a notebook. */
  readonly hasAddress?: boolean;
  info(): Promise<MapInfo>;
  /** How the map is being made, where it was watched from the start; null for all others. */
  watch?(): Promise<Making | null>;
  /** Places at one moment of that. */
  picture?(number: number): Promise<Uint16Array>;
  /** A sample of a map so large that reading all of it takes a while; null for all others. */
  coarse?(): Promise<Backend | null>;
  places(): Promise<Uint16Array>;
  column(info: ColumnInfo, nRows: number): Promise<ColumnData>;
  /** At most 500 rows. */
  rows(rows: number[]): Promise<Preview[]>;
  /** An address for an <img>, or null where there is none. */
  image(row: number, full?: boolean): string | null | Promise<string | null>;
  /** Pictures of at most 1,024 rows, 32 to a line. */
  atlas(rows: number[], cell: number): Promise<ImageBitmap>;
  search(query: string, mode: "text" | "regex", limit: number): Promise<Found>;
  neighbors(row: number): Promise<Neighbors>;
  contrast(selection: Bits, against: Bits | null, nRows: number): Promise<Contrast>;
  explain(row: number, what: "place" | "prediction"): Promise<Explanation>;
  exportRows(selection: Bits | null, format: "csv" | "parquet", nRows: number): Promise<Blob>;
  renameRegion(id: number, name: string): Promise<void>;
  tag(name: string, selection: Bits, nRows: number): Promise<void>;
  /** A second map of the same rows, where the server shows two. */
  beside?(): Promise<{ info: BesideInfo; rows: Uint32Array; places: Uint16Array }>;
  movers?(): Promise<MoversInfo>;
  sequence?(row: number): Promise<SequenceData>;
  /** A row as sound (WAV). */
  sound?(row: number): Promise<Blob>;
}
