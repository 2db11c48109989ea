/** The only file that knows bytes: what the server's answers look like, and how they become typed arrays. */

export type Dtype = "u8" | "u16" | "u16q" | "f32" | null;
export type Level = "serious" | "warning" | "note" | "good";
export type Bits = Uint32Array<ArrayBuffer>;
export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
export type Preview = Record<string, Json>;

export interface ColumnInfo {
  index: number;
  name: string;
  kind: string;
  role: string;
  group: "data" | "map" | "learning";
  dtype: Dtype;
  min?: number | null;
  max?: number | null;
  categories?: string[] | null;
  counts?: number[] | null;
  nMissing: number;
  why: string;
  label?: string | null;
}

export interface RegionInfo {
  id: number;
  parent: number;
  level: number;
  name: string;
  why: string[];
  x: number;
  y: number;
  nRows: number;
}

export interface ScoreInfo {
  name: string;
  value: number;
  about?: string;
  group?: "learning" | "map";
  baseline?: number | null;
  baseline_name?: string;
  low?: number | null;
  high?: number | null;
  higher_is_better?: boolean;
}

export interface FindingInfo {
  check: string;
  level: Level;
  sentence: string;
  cure?: string;
  column?: string;
  rows?: number[];
  n_rows?: number;
  /** How to take back what the cure did; empty where there is nothing to take back. */
  undo?: string;
}

export interface Can {
  search?: boolean;
  image?: boolean;
  neighbors?: boolean;
  export?: boolean;
  edit?: boolean;
  contrast?: boolean;
  explain?: boolean;
  beside?: boolean;
  sound?: boolean;
}

export interface MapInfo {
  format: number;
  name: string;
  nRows: number;
  /** Of how many rows these are a sample, where they are one. */
  ofRows?: number;
  extent: [number, number, number, number];
  columns: ColumnInfo[];
  regions: RegionInfo[];
  scores: ScoreInfo[];
  findings: FindingInfo[];
  curves: Record<string, Record<string, number[]>>;
  evaluation: Record<string, Json>;
  provenance: Record<string, Json>;
  can: Can;
}

/** Category codes; `missing` is the code of a missing value. */
export interface Codes {
  type: "codes";
  codes: Uint8Array | Uint16Array;
  missing: number;
  names: string[];
}

/** Numbers on 65,535 steps between min and max; 65535 = missing. */
export interface Numbers {
  type: "numbers";
  steps: Uint16Array;
  min: number;
  max: number;
}

export type ColumnData = Codes | Numbers;

export const MISSING_STEP = 65535;
export const TOP_STEP = 65534;
const FORMAT = 1;

export class BytesError extends Error {}

/** The map is whole, but written by another version of Belvedere. */
export class FormatError extends BytesError {
  constructor(
    readonly isNewer: boolean,
    format: number,
  ) {
    super(`format ${format}`);
  }
}

/** Refuses a map of another format, with what was found. */
export function checkInfo(info: MapInfo): MapInfo {
  if (!Number.isInteger(info.format)) throw new BytesError("format");
  if (info.format !== FORMAT) throw new FormatError(info.format > FORMAT, info.format);
  return info;
}

export function decodePlaces(bytes: ArrayBuffer): Uint16Array {
  return new Uint16Array(bytes, 0, Math.floor(bytes.byteLength / 4) * 2);
}

/** Row numbers, uint32. */
export function decodeRows(bytes: ArrayBuffer): Uint32Array {
  return new Uint32Array(bytes, 0, Math.floor(bytes.byteLength / 4));
}

/** uint32 steps, channels, stride; then float32, all channels of a step together. */
export function decodeSequence(bytes: ArrayBuffer): {
  nSteps: number;
  stride: number;
  channels: Float32Array[];
} {
  expectLength(bytes, 12, "sequence");
  const [nSteps, nChannels, stride] = new Uint32Array(bytes, 0, 3);
  const n = Math.ceil(nSteps / Math.max(1, stride));
  expectLength(bytes, 12 + 4 * n * nChannels, "sequence");
  const values = new Float32Array(bytes, 12, n * nChannels);
  const channels = Array.from({ length: nChannels }, (_, c) =>
    Float32Array.from({ length: n }, (_, step) => values[step * nChannels + c]),
  );
  return { nSteps, stride, channels };
}

/** Places fetched beside the description must be as many as it says. */
export function checkPlaces(places: Uint16Array, nRows: number): Uint16Array {
  if (places.length < nRows * 2) {
    throw new BytesError(`places: ${nRows * 4} bytes expected, ${places.length * 2} found`);
  }
  return places.subarray(0, nRows * 2);
}

export function decodeColumn(info: ColumnInfo, bytes: ArrayBuffer, nRows: number): ColumnData {
  expectLength(bytes, nRows * widthOf(info.dtype), info.name);
  if (info.dtype === "u8") return codesOf(info, new Uint8Array(bytes, 0, nRows), 255);
  if (info.dtype === "u16") return codesOf(info, new Uint16Array(bytes, 0, nRows), MISSING_STEP);
  const [min, max] = [info.min ?? 0, info.max ?? 1];
  if (info.dtype === "u16q") return { type: "numbers", steps: new Uint16Array(bytes, 0, nRows), min, max };
  return quantize(new Float32Array(bytes, 0, nRows), min, max);
}

/** A number column's value at one row, NaN where missing. */
export function valueAt(data: Numbers, row: number): number {
  const step = data.steps[row];
  return step === MISSING_STEP ? Number.NaN : data.min + (step / TOP_STEP) * (data.max - data.min);
}

/** The step that stands for a value. */
export function stepOf(data: { min: number; max: number }, value: number): number {
  const span = data.max - data.min || 1;
  return Math.round(Math.min(1, Math.max(0, (value - data.min) / span)) * TOP_STEP);
}

/** One bit per row, row 0 = bit 0 of byte 0, as base64. */
export function bitsToBase64(bits: Bits, nRows: number): string {
  const bytes = new Uint8Array(bits.buffer, bits.byteOffset, Math.ceil(nRows / 8));
  let text = "";
  for (let i = 0; i < bytes.length; i += 8192) text += String.fromCharCode(...bytes.subarray(i, i + 8192));
  return btoa(text);
}

export function base64ToBytes(text: string): Uint8Array<ArrayBuffer> {
  const raw = atob(text.replace(/\s+/g, ""));
  const bytes = new Uint8Array(raw.length);
  for (let i = 0; i < raw.length; i++) bytes[i] = raw.charCodeAt(i);
  return bytes;
}

function codesOf(info: ColumnInfo, codes: Uint8Array | Uint16Array, missing: number): Codes {
  return { type: "codes", codes, missing, names: info.categories ?? [] };
}

function quantize(values: Float32Array, min: number, max: number): Numbers {
  const steps = new Uint16Array(values.length);
  const scale = TOP_STEP / (max - min || 1);
  for (let i = 0; i < values.length; i++) {
    const value = values[i];
    steps[i] = Number.isNaN(value)
      ? MISSING_STEP
      : Math.min(TOP_STEP, Math.max(0, Math.round((value - min) * scale)));
  }
  return { type: "numbers", steps, min, max };
}

function widthOf(dtype: Dtype): number {
  return { u8: 1, u16: 2, u16q: 2, f32: 4 }[dtype ?? "u8"];
}

function expectLength(bytes: ArrayBuffer, wanted: number, what: string): void {
  if (bytes.byteLength < wanted) {
    throw new BytesError(`${what}: ${wanted} bytes expected, ${bytes.byteLength} found`);
  }
}
