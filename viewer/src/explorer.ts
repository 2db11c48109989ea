/** The model behind the page: what is shown, and the verbs that change it. Panels talk only to this. */

import { ApiError, type Backend } from "./backend";
import { type Coloring, coloringOf, plainColoring } from "./coloring";
import { type Columns, createColumns } from "./columns";
import { createCrossfilter } from "./crossfilter";
import { createFiltering, type Watched } from "./filtering";
import type { Language } from "./format";
import type { Bits, MapInfo } from "./map_folder";
import { createPreviews, type Previews } from "./previews";
import { firstColor, type Roles, rolesOf } from "./roles";
import type { Camera, Scene, Theme } from "./scene/types";
import { shapeReader } from "./shapes";
import {
  type Cell,
  cell,
  createHistory,
  type Filter,
  type History,
  type Part,
  START,
  type View,
} from "./store";
import { makeWords, type Words } from "./words";

export interface Masks {
  /** Rows that pass selection and filters; null = all. */
  inside: Bits | null;
  nInside: number;
  /** Rows selected, whatever the filters say; null = none selected. */
  selected: Bits | null;
  version: number;
}

export interface Hover {
  row: number;
  at: [number, number];
}

export interface Threads {
  row: number;
  /** True neighbors, nearest first. */
  near: number[];
  /** Which of them are among the nearest on the map, too. */
  kept: boolean[];
}

export interface Settings {
  theme: "system" | Theme;
  language: Language;
}

export interface Explorer {
  readonly info: MapInfo;
  readonly places: Uint16Array;
  readonly backend: Backend;
  readonly columns: Columns;
  readonly previews: Previews;
  readonly roles: Roles;
  readonly view: History;
  readonly masks: Cell<Masks>;
  readonly coloring: Cell<Coloring>;
  readonly hover: Cell<Hover | null>;
  readonly tool: Cell<"pan" | "lasso" | "box">;
  readonly settings: Cell<Settings>;
  readonly theme: Cell<Theme>;
  readonly words: Cell<Words>;
  readonly scene: Cell<Scene | null>;
  readonly trouble: Cell<ApiError | null>;
  readonly names: Cell<ReadonlyMap<number, string>>;
  readonly busy: Cell<number>;
  readonly threads: Cell<Threads | null>;
  readonly nDimmed: Cell<number>;
  readonly frameMs: Cell<number>;
  readonly shownLabels: Cell<boolean>;
  readonly camera: Cell<Camera | null>;
  watch(column: number): Promise<Watched>;
  unwatch(column: number): void;
  colorBy(column: number | null): void;
  setFilter(column: number, filter: Filter | null, cause?: string): void;
  select(part: Part): void;
  clearSelection(): void;
  clearAll(): void;
  showRow(row: number | null, fly?: boolean): void;
  renameRegion(id: number, name: string): Promise<void>;
  setTheme(theme: Settings["theme"]): void;
  setLanguage(language: Language): void;
  /** Runs work that asks the server; a server gone away shows its face, other errors are thrown on. */
  ask<T>(work: () => Promise<T>): Promise<T>;
}

export interface Start {
  settings: Settings;
  systemTheme: Theme;
  view: Partial<View>;
}

export function createExplorer(backend: Backend, info: MapInfo, places: Uint16Array, start: Start): Explorer {
  const columns = createColumns(backend, info);
  const crossfilter = createCrossfilter(info.nRows);
  const scene = cell<Scene | null>(null);
  const read = shapeReader(info, backend, columns, () => whenSet(scene));
  const filtering = createFiltering(crossfilter, columns, (part) => ask(() => read(part)));
  const theme = cell(start.settings.theme === "system" ? start.systemTheme : start.settings.theme);
  const settings = cell(start.settings);
  const words = cell(makeWords(start.settings.language));
  const view = createHistory({ ...START, colorBy: firstColor(info), ...start.view });
  const masks = cell<Masks>({ inside: null, nInside: info.nRows, selected: null, version: 0 });
  const coloring = cell<Coloring>(plainColoring(info.nRows, theme.get()));
  const trouble = cell<ApiError | null>(null);
  const busy = cell(0);
  const names = cell<ReadonlyMap<number, string>>(
    new Map(info.regions.map((region) => [region.id, region.name])),
  );

  async function ask<T>(work: () => Promise<T>): Promise<T> {
    busy.set(busy.get() + 1);
    try {
      const answer = await work();
      if (trouble.get()?.trouble === "away") trouble.set(null);
      return answer;
    } catch (error) {
      if (error instanceof ApiError && (error.trouble === "away" || error.trouble === "refused"))
        trouble.set(error);
      throw error;
    } finally {
      busy.set(busy.get() - 1);
    }
  }

  async function recolor(): Promise<void> {
    const column = view.get().colorBy;
    if (column === null) return coloring.set(plainColoring(info.nRows, theme.get()));
    const data = await ask(() => columns.load(column)).catch(() => null);
    if (!data || view.get().colorBy !== column) return;
    coloring.set(coloringOf(info.columns[column], data, theme.get()));
  }

  const sync = lastWins(async () => {
    const changed = await filtering.sync(view.get()).catch(() => false);
    if (!changed) return;
    const active = crossfilter.active();
    masks.set({
      inside: active ? crossfilter.inside.slice() : null,
      nInside: crossfilter.nInside(),
      selected: filtering.selected(),
      version: masks.get().version + 1,
    });
  });

  let colored: string | null = null;
  const recolorOnce = () => {
    const wanted = `${view.get().colorBy} ${theme.get()}`;
    if (wanted !== colored) void recolor();
    colored = wanted;
  };
  theme.subscribe(recolorOnce);
  view.subscribe(recolorOnce);
  view.subscribe(() => void sync());

  function setFilter(column: number, filter: Filter | null, cause = ""): void {
    const others = view.get().filters.filter((one) => one.column !== column);
    view.change({ filters: filter ? [...others, filter] : others }, cause);
  }

  function select(part: Part): void {
    const parts = part.mode === "new" ? [part] : [...view.get().selection, part];
    view.change({ selection: parts, tab: "selection" });
  }

  function showRow(row: number | null, fly = false): void {
    if (row === view.get().row && row === null) return;
    view.change({ row, tab: row === null ? "map" : "row" }, "row");
    if (row !== null && fly) scene.get()?.fitTo(Uint32Array.of(row), 420);
  }

  return {
    info,
    places,
    backend,
    columns,
    previews: createPreviews({ ...backend, rows: (rows) => ask(() => backend.rows(rows)) }),
    roles: rolesOf(info),
    view,
    masks,
    coloring,
    hover: cell<Hover | null>(null),
    tool: cell<"pan" | "lasso" | "box">("pan"),
    settings,
    theme,
    words,
    scene,
    trouble,
    names,
    busy,
    threads: cell<Threads | null>(null),
    nDimmed: cell(0),
    frameMs: cell(0),
    shownLabels: cell(true),
    camera: cell<Camera | null>(start.view.camera ?? null),
    watch: (column) => ask(() => filtering.watch(column)),
    unwatch: filtering.unwatch,
    colorBy: (column) => view.change({ colorBy: column }),
    setFilter,
    select,
    clearSelection: () => view.change({ selection: [], tab: "map" }),
    clearAll: () => view.change({ selection: [], filters: [], tab: "map" }),
    showRow,
    renameRegion: async (id, name) => {
      await ask(() => backend.renameRegion(id, name));
      names.set(new Map(names.get()).set(id, name));
    },
    setTheme: (wanted) => {
      settings.set({ ...settings.get(), theme: wanted });
      theme.set(wanted === "system" ? start.systemTheme : wanted);
    },
    setLanguage: (language) => {
      settings.set({ ...settings.get(), language });
      words.set(makeWords(language));
    },
    ask,
  };
}

/** Runs one at a time; calls that come meanwhile are answered by one more run. */
export function lastWins(work: () => Promise<void>): () => Promise<void> {
  let running: Promise<void> | null = null;
  let again = false;
  return () => {
    if (running) {
      again = true;
      return running;
    }
    const run = async () => {
      do {
        again = false;
        await work();
      } while (again);
      running = null;
    };
    running = run();
    return running;
  };
}

function whenSet<T>(from: Cell<T | null>): Promise<T> {
  return new Promise((done) => {
    let stop: (() => void) | null = null;
    stop = from.subscribe((value) => {
      if (value === null) return;
      done(value);
      queueMicrotask(() => stop?.());
    });
  });
}
