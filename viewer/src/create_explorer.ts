/** Puts an explorer together: its cells, what follows what, and its verbs. */

import { ApiError, type Backend } from "./backend";
import type { Beside } from "./beside";
import { type Coloring, coloringOf, plainColoring } from "./coloring";
import { type Columns, createColumns } from "./columns";
import { type Crossfilter, createCrossfilter } from "./crossfilter";
import type { Explorer, Groups, Hover, Masks, Start, Threads } from "./explorer";
import { createFiltering, type Filtering } from "./filtering";
import { followGroups, groupVerbs, NO_GROUPS } from "./groups";
import type { MapInfo } from "./map_folder";
import { createPreviews } from "./previews";
import { firstColor, rolesOf } from "./roles";
import type { Camera, Scene } from "./scene/types";
import { shapeReader } from "./shapes";
import { cell, createHistory, type Part, START } from "./store";
import { makeWords, namingOf } from "./words";
import { lastWins, whenSet } from "./work";

type Ask = Explorer["ask"];
type Cells = ReturnType<typeof cellsOf>;
const FLIGHT_MS = 420;

export function createExplorer(backend: Backend, info: MapInfo, places: Uint16Array, start: Start): Explorer {
  const cells = cellsOf(info, start);
  const ask = asker(cells);
  const columns = createColumns(backend, info);
  const crossfilter = createCrossfilter(info.nRows);
  const read = shapeReader(
    info,
    backend,
    columns,
    () => whenSet(cells.scene),
    () => whenSet(cells.beside),
  );
  const rowsOfShape = (part: Part) => ask(() => read(part));
  const filtering = createFiltering(crossfilter, columns, rowsOfShape);
  followColors(info, columns, ask, cells);
  followFilters(crossfilter, filtering, cells);
  followGroups(cells, info.nRows, columns, rowsOfShape);
  return {
    info,
    places,
    backend,
    columns,
    previews: createPreviews({ ...backend, rows: (rows) => ask(() => backend.rows(rows)) }),
    roles: rolesOf(info),
    naming: namingOf(info),
    ...cells,
    ask,
    watch: (column) => ask(() => filtering.watch(column)),
    unwatch: filtering.unwatch,
    ...viewVerbs(cells),
    ...groupVerbs(cells.view),
    ...settingVerbs(cells, start),
    renameRegion: async (id, name) => {
      await ask(() => backend.renameRegion(id, name));
      cells.names.set(new Map(cells.names.get()).set(id, name));
    },
  };
}

function cellsOf(info: MapInfo, start: Start) {
  const theme = start.settings.theme === "system" ? start.systemTheme : start.settings.theme;
  const names = new Map(info.regions.map((region) => [region.id, region.name]));
  return {
    view: createHistory({ ...START, colorBy: firstColor(info), ...start.view }),
    settings: cell(start.settings),
    theme: cell(theme),
    words: cell(makeWords(start.settings.language)),
    masks: cell<Masks>({ inside: null, nInside: info.nRows, selected: null, version: 0 }),
    groups: cell<Groups>(NO_GROUPS),
    coloring: cell<Coloring>(plainColoring(info.nRows, theme)),
    names: cell<ReadonlyMap<number, string>>(names),
    scene: cell<Scene | null>(null),
    camera: cell<Camera | null>(start.view.camera ?? null),
    hover: cell<Hover | null>(null),
    tool: cell<"pan" | "lasso" | "box">("pan"),
    threads: cell<Threads | null>(null),
    trouble: cell<ApiError | null>(null),
    busy: cell(0),
    nDimmed: cell(0),
    frameMs: cell(0),
    beside: cell<Beside | null>(null),
    linked: cell(true),
    morphed: cell(false),
    playing: cell(false),
    shownLabels: cell(true),
  };
}

function asker({ busy, trouble }: Pick<Cells, "busy" | "trouble">): Ask {
  return async (work) => {
    busy.set(busy.get() + 1);
    try {
      const answer = await work();
      if (trouble.get()?.trouble === "away") trouble.set(null);
      return answer;
    } catch (error) {
      const isGone = error instanceof ApiError && (error.trouble === "away" || error.trouble === "refused");
      if (isGone) trouble.set(error);
      throw error;
    } finally {
      busy.set(busy.get() - 1);
    }
  };
}

function followColors(
  info: MapInfo,
  columns: Columns,
  ask: Ask,
  { view, theme, coloring, trouble }: Cells,
): void {
  let colored: string | null = null;

  async function recolor(): Promise<void> {
    const { colorBy: column, center } = view.get();
    const wanted = `${column} ${center} ${theme.get()}`;
    if (wanted === colored) return;
    colored = wanted;
    if (column === null) return coloring.set(plainColoring(info.nRows, theme.get()));
    const data = await ask(() => columns.load(column)).catch(() => null);
    if (!data) colored = null;
    else if (wanted === `${view.get().colorBy} ${view.get().center} ${theme.get()}`) {
      coloring.set(coloringOf(info.columns[column], data, theme.get(), center));
    }
  }

  theme.subscribe(() => void recolor());
  view.subscribe(() => void recolor());
  trouble.subscribe((now) => now === null && void recolor());
}

/** What could not be loaded while the server was away is tried again when it is back. */
function followFilters(
  crossfilter: Crossfilter,
  filtering: Filtering,
  { view, masks, trouble }: Cells,
): void {
  const sync = lastWins(async () => {
    const changed = await filtering.sync(view.get()).catch(() => false);
    if (!changed) return;
    masks.set({
      inside: crossfilter.active() ? crossfilter.inside.slice() : null,
      nInside: crossfilter.nInside(),
      selected: filtering.selected(),
      version: masks.get().version + 1,
    });
  });
  view.subscribe(() => void sync());
  trouble.subscribe((now) => now === null && void sync());
}

type ViewVerbs = Pick<
  Explorer,
  "colorBy" | "setFilter" | "select" | "clearSelection" | "clearAll" | "showRow"
>;

function viewVerbs({ view, scene }: Cells): ViewVerbs {
  return {
    colorBy: (column) => view.change({ colorBy: column, center: null }),
    setFilter: (column, filter, cause = "") => {
      const others = view.get().filters.filter((one) => one.column !== column);
      view.change({ filters: filter ? [...others, filter] : others }, cause);
    },
    select: (part) => {
      const parts = part.mode === "new" ? [part] : [...view.get().selection, part];
      view.change({ selection: parts, tab: "selection" });
    },
    clearSelection: () => view.change({ selection: [], tab: "map" }),
    clearAll: () => view.change({ selection: [], filters: [], tab: "map" }),
    showRow: (row, fly = false) => {
      if (row === null && view.get().row === null) return;
      const { tab, selection } = view.get();
      const left = tab !== "row" ? tab : selection.length ? "selection" : "map";
      view.change({ row, tab: row === null ? left : "row" }, "row");
      if (row !== null && fly) scene.get()?.fitTo(Uint32Array.of(row), FLIGHT_MS);
    },
  };
}

function settingVerbs(
  { settings, theme, words }: Cells,
  start: Start,
): Pick<Explorer, "setTheme" | "setLanguage"> {
  return {
    setTheme: (wanted) => {
      settings.set({ ...settings.get(), theme: wanted });
      theme.set(wanted === "system" ? start.systemTheme : wanted);
    },
    setLanguage: (language) => {
      settings.set({ ...settings.get(), language });
      words.set(makeWords(language));
    },
  };
}
