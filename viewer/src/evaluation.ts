/** What was measured on held-out rows, read with care: every part may be missing. */

import type { Codes, Json } from "./map_folder";

export interface Confusion {
  classes: string[];
  /** counts[actual][predicted] */
  counts: number[][];
}

export interface Curve {
  x: number[];
  y: number[];
  area: number | null;
  name?: string;
}

type Evaluation = Record<string, Json>;

export function confusionOf(evaluation: Evaluation): Confusion | null {
  const nested = record(evaluation.confusion);
  const counts = matrix(nested ? nested.counts : evaluation.confusion);
  const classes = texts(nested ? nested.classes : evaluation.classes);
  if (!counts?.length) return null;
  return { counts, classes: classes ?? counts.map((_, i) => String(i)) };
}

/** One curve per class, or a single one; curves are records of equally long lists. */
export function rocsOf(evaluation: Evaluation): Curve[] {
  const found = Array.isArray(evaluation.roc) ? evaluation.roc : [evaluation.roc];
  return found.flatMap((one) => {
    const roc = record(one);
    const [x, y] = [numbers(roc?.fpr), numbers(roc?.tpr)];
    if (!x || !y || x.length !== y.length || x.length < 2) return [];
    return [{ x, y, area: number(roc?.auc), name: String(roc?.class ?? "") }];
  });
}

export interface Pair {
  actual: number;
  predicted: number;
  n: number;
}

/** Off the diagonal, most frequent first. */
export function confusedPairs(confusion: Confusion): Pair[] {
  return confusion.counts
    .flatMap((row, actual) => row.map((n, predicted) => ({ actual, predicted, n })))
    .filter((pair) => pair.actual !== pair.predicted && pair.n > 0)
    .sort((a, b) => b.n - a.n);
}

/** Said confidence against the share that was right, bin by bin. */
export function calibrationOf(evaluation: Evaluation): Curve | null {
  const found = evaluation.calibration;
  const bins = Array.isArray(found) ? found.map(record) : null;
  const nested = record(found);
  const x = numbers(bins ? bins.map((bin) => bin?.confidence ?? null) : nested?.confidence);
  const y = numbers(bins ? bins.map((bin) => bin?.accuracy ?? null) : nested?.accuracy);
  return x?.length && y && x.length === y.length ? { x, y, area: null } : null;
}

/** How many rows the matrix counts. */
export function nCounted(confusion: Confusion): number {
  return confusion.counts.reduce((sum, row) => sum + row.reduce((a, b) => a + b, 0), 0);
}

const PARTS = [["test"], ["valid"], ["valid", "test"], ["train", "valid", "test"]];

/** The codes of the split whose rows were evaluated: the parts whose size is nearest to what the matrix counts. */
export function evaluatedParts(split: Codes, nWanted: number): Set<number> {
  const sizes = split.names.map(() => 0);
  for (const code of split.codes) if (code !== split.missing) sizes[code]++;
  const size = (codes: number[]) => codes.reduce((sum, code) => sum + sizes[code], 0);
  const choices = PARTS.map((names) =>
    names.map((name) => split.names.indexOf(name)).filter((code) => code >= 0),
  );
  const off = (codes: number[]) =>
    codes.length ? Math.abs(size(codes) - nWanted) : Number.POSITIVE_INFINITY;
  return new Set(choices.reduce((best, codes) => (off(codes) < off(best) ? codes : best), choices[0]));
}

function record(value: Json | undefined): Record<string, Json> | null {
  return value && typeof value === "object" && !Array.isArray(value) ? value : null;
}

function number(value: Json | undefined): number | null {
  return typeof value === "number" ? value : null;
}

function numbers(value: Json | undefined): number[] | null {
  return Array.isArray(value) && value.every((x) => typeof x === "number") ? (value as number[]) : null;
}

function texts(value: Json | undefined): string[] | null {
  return Array.isArray(value) ? value.map(String) : null;
}

function matrix(value: Json | undefined): number[][] | null {
  if (!Array.isArray(value)) return null;
  const rows = value.map((row) => numbers(row));
  return rows.every((row): row is number[] => row !== null && row.length === value.length)
    ? (rows as number[][])
    : null;
}
