/** The model behind the page: what is shown, and the verbs that change it. Panels talk only to this. */

import type { ApiError, Backend } from "./backend";
import type { Beside } from "./beside";
import type { Coloring } from "./coloring";
import type { Columns } from "./columns";
import type { Watched } from "./filtering";
import type { Language } from "./format";
import type { Naming } from "./i18n/said";
import type { Bits, MapInfo } from "./map_folder";
import type { Previews } from "./previews";
import type { Roles } from "./roles";
import type { Camera, Scene, Theme } from "./scene/types";
import type { Cell, Filter, History, Part, View } from "./store";
import type { Words } from "./words";

export interface Masks {
  /** Rows that pass selection and filters; null = all. */
  inside: Bits | null;
  nInside: number;
  /** Rows selected, whatever the filters say; null = none selected. */
  selected: Bits | null;
  version: number;
}

/** The rows of one group marked to be compared. */
export interface GroupRows {
  bits: Bits;
  n: number;
}

export interface Groups {
  a: GroupRows | null;
  b: GroupRows | null;
  nBoth: number;
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
  readonly groups: Cell<Groups>;
  readonly coloring: Cell<Coloring>;
  readonly hover: Cell<Hover | null>;
  readonly tool: Cell<"pan" | "lasso" | "box">;
  readonly settings: Cell<Settings>;
  readonly theme: Cell<Theme>;
  readonly words: Cell<Words>;
  /** What the names of regions may speak of. */
  readonly naming: Naming;
  readonly scene: Cell<Scene | null>;
  readonly trouble: Cell<ApiError | null>;
  readonly names: Cell<ReadonlyMap<number, string>>;
  readonly busy: Cell<number>;
  readonly threads: Cell<Threads | null>;
  readonly nDimmed: Cell<number>;
  readonly frameMs: Cell<number>;
  /** The second map, once it is here; null where there is none. */
  readonly beside: Cell<Beside | null>;
  /** Whether both maps show the same part. */
  readonly linked: Cell<boolean>;
  /** Whether the rows of the first map have flown to their places on the second. */
  readonly morphed: Cell<boolean>;
  /** Whether the time window moves by itself. */
  readonly playing: Cell<boolean>;
  readonly shownLabels: Cell<boolean>;
  readonly camera: Cell<Camera | null>;
  watch(column: number): Promise<Watched>;
  unwatch(column: number): void;
  colorBy(column: number | null): void;
  setFilter(column: number, filter: Filter | null, cause?: string): void;
  select(part: Part): void;
  clearSelection(): void;
  clearAll(): void;
  /** Sets the rows inside aside as group A or B, and makes room for the next selection. */
  markGroup(which: "a" | "b"): void;
  clearGroup(which: "a" | "b"): void;
  swapGroups(): void;
  showRow(row: number | null, fly?: boolean): void;
  renameRegion(id: number, name: string): Promise<void>;
  setTheme(theme: Settings["theme"]): void;
  setLanguage(language: Language): void;
  /** Runs work that asks the server; a server gone away shows its face, other errors are thrown on. */
  ask<T>(work: () => Promise<T>): Promise<T>;
}

/** What an explorer starts from. */
export interface Start {
  settings: Settings;
  systemTheme: Theme;
  view: Partial<View>;
}
