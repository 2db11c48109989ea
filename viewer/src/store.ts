/** One store: observable cells, and a view whose steps can be undone. Framework-free. */

import type { Camera } from "./scene/types";

export interface Readable<T> {
  get(): T;
  /** Calls at once with the current value, then on every change; returns the way to stop. */
  subscribe(run: (value: T) => void): () => void;
}

export interface Cell<T> extends Readable<T> {
  set(value: T): void;
}

export type Tab = "map" | "selection" | "row";

export type Filter =
  | { column: number; type: "range"; low: number; high: number }
  | { column: number; type: "codes"; codes: number[] };

export type Shape =
  | { kind: "polygon"; points: number[] }
  | { kind: "beside"; points: number[] }
  | { kind: "region"; id: number }
  | { kind: "finding"; index: number }
  | { kind: "confusion"; actual: number; predicted: number }
  | { kind: "search"; query: string; mode: "text" | "regex" }
  | { kind: "rows"; rows: number[] };

export interface Part {
  mode: "new" | "add" | "subtract";
  shape: Shape;
}

/** Rows set aside to be compared: a selection with the filters that held when it was marked. */
export interface Group {
  parts: Part[];
  filters: Filter[];
}

/** Everything about the view that a link carries and that undo takes back. */
export interface View {
  colorBy: number | null;
  /** Value in the middle of a diverging ramp; null = zero where values lie on both its sides, else no middle. */
  center: number | null;
  filters: Filter[];
  selection: Part[];
  groupA: Group | null;
  groupB: Group | null;
  row: number | null;
  tab: Tab;
  veil: boolean;
  threshold: number;
  drawer: boolean;
  /** Whether the second map stands beside the first, where there are two. */
  beside: boolean;
  /** The time column whose slider is open. */
  time: number | null;
  camera: Camera | null;
}

export const START: View = {
  colorBy: null,
  center: null,
  filters: [],
  selection: [],
  groupA: null,
  groupB: null,
  row: null,
  tab: "map",
  veil: false,
  threshold: 5,
  drawer: false,
  beside: true,
  time: null,
  camera: null,
};

export interface History extends Readable<View> {
  /** Changes the view; steps of the same `cause` in quick succession are one step. */
  change(patch: Partial<View>, cause?: string): void;
  /** Changes it without a step of its own (camera, tabs). */
  amend(patch: Partial<View>): void;
  undo(): boolean;
  redo(): boolean;
  canUndo(): boolean;
  canRedo(): boolean;
}

const SAME_STEP_MS = 900;
const MAX_STEPS = 200;

export function cell<T>(initial: T): Cell<T> {
  let value = initial;
  const listeners = new Set<(value: T) => void>();
  return {
    get: () => value,
    set(next) {
      if (Object.is(next, value)) return;
      value = next;
      for (const run of [...listeners]) run(value);
    },
    subscribe(run) {
      listeners.add(run);
      run(value);
      return () => void listeners.delete(run);
    },
  };
}

export function createHistory(start: View, now: () => number = Date.now): History {
  const present = cell(start);
  let past: View[] = [];
  let future: View[] = [];
  let last = { cause: "", at: Number.NEGATIVE_INFINITY };

  function change(patch: Partial<View>, cause = ""): void {
    const isSameStep = cause !== "" && cause === last.cause && now() - last.at < SAME_STEP_MS;
    if (!isSameStep) past = [...past.slice(-MAX_STEPS), present.get()];
    last = { cause, at: now() };
    future = [];
    present.set({ ...present.get(), ...patch });
  }

  function step(from: View[], to: View[]): boolean {
    const next = from.pop();
    if (!next) return false;
    to.push(present.get());
    last = { cause: "", at: Number.NEGATIVE_INFINITY };
    present.set(next);
    return true;
  }

  return {
    get: present.get,
    subscribe: present.subscribe,
    change,
    amend: (patch) => present.set({ ...present.get(), ...patch }),
    undo: () => step(past, future),
    redo: () => step(future, past),
    canUndo: () => past.length > 0,
    canRedo: () => future.length > 0,
  };
}
