/** The visible table of keys: what the help sheet lists is what the keyboard does. */

import { hasBit } from "./bits";
import type { Explorer } from "./explorer";
import { nearestToCenter } from "./geometry";
import type { Key } from "./words";

export interface Shortcut {
  keys: string[];
  title: Key;
  /** Whether this press is meant, and what it does. */
  matches: (event: KeyboardEvent) => boolean;
  run: (explorer: Explorer, event: KeyboardEvent, page: PageVerbs) => void;
}

export interface PageVerbs {
  help(): void;
}

const PAN_SHARE = 0.12;
const plain =
  (...wanted: string[]) =>
  (event: KeyboardEvent) =>
    !event.ctrlKey && !event.metaKey && !event.altKey && wanted.includes(event.key);
const withCommand = (key: string, shift: boolean) => (event: KeyboardEvent) =>
  (event.ctrlKey || event.metaKey) && event.shiftKey === shift && event.key.toLowerCase() === key;

export const SHORTCUTS: Shortcut[] = [
  {
    keys: ["/"],
    title: "key.search",
    matches: plain("/"),
    run: () => document.getElementById("search")?.focus(),
  },
  {
    keys: ["↑", "↓", "←", "→"],
    title: "key.pan",
    matches: plain("ArrowUp", "ArrowDown", "ArrowLeft", "ArrowRight"),
    run: pan,
  },
  { keys: ["+", "−"], title: "key.zoom", matches: plain("+", "=", "-", "_"), run: zoom },
  {
    keys: ["0"],
    title: "key.fit",
    matches: plain("0"),
    run: (explorer) => explorer.scene.get()?.fitTo(null, 420),
  },
  { keys: ["H"], title: "tool.pan", matches: plain("h", "v"), run: (explorer) => explorer.tool.set("pan") },
  { keys: ["L"], title: "tool.lasso", matches: plain("l"), run: (explorer) => explorer.tool.set("lasso") },
  { keys: ["B"], title: "tool.box", matches: plain("b"), run: (explorer) => explorer.tool.set("box") },
  {
    keys: ["Shift A", "Shift B"],
    title: "key.groups",
    matches: plain("A", "B"),
    run: (explorer, event) => explorer.markGroup(event.key === "A" ? "a" : "b"),
  },
  { keys: ["Enter"], title: "key.center", matches: plain("Enter"), run: openCenter },
  { keys: ["N", "P"], title: "key.next", matches: plain("n", "p"), run: nextRow },
  { keys: ["1", "2", "3"], title: "key.tabs", matches: plain("1", "2", "3"), run: openTab },
  {
    keys: ["R"],
    title: "key.rows",
    matches: plain("r"),
    run: ({ view }) => view.change({ drawer: !view.get().drawer }),
  },
  {
    keys: ["U"],
    title: "veil",
    matches: plain("u"),
    run: ({ view, roles }) => roles.kept && view.change({ veil: !view.get().veil }),
  },
  { keys: ["Y"], title: "key.time", matches: plain("y"), run: toggleTime },
  {
    keys: ["Shift Y"],
    title: "key.play",
    matches: plain("Y"),
    run: ({ view, playing }) => view.get().time !== null && playing.set(!playing.get()),
  },
  {
    keys: ["T"],
    title: "key.labels",
    matches: plain("t"),
    run: ({ shownLabels }) => shownLabels.set(!shownLabels.get()),
  },
  {
    keys: ["D"],
    title: "key.theme",
    matches: plain("d"),
    run: (explorer) => explorer.setTheme(explorer.theme.get() === "dark" ? "light" : "dark"),
  },
  { keys: ["Ctrl Z"], title: "tool.undo", matches: withCommand("z", false), run: ({ view }) => view.undo() },
  {
    keys: ["Ctrl Shift Z"],
    title: "tool.redo",
    matches: (event) => withCommand("z", true)(event) || withCommand("y", false)(event),
    run: ({ view }) => view.redo(),
  },
  { keys: ["Esc"], title: "key.escape", matches: plain("Escape"), run: stepBack },
  { keys: ["?"], title: "help.title", matches: plain("?"), run: (_explorer, _event, page) => page.help() },
];

/** True when the key was one of ours. Keys typed into a field are not. */
export function pressKey(explorer: Explorer, event: KeyboardEvent, page: PageVerbs): boolean {
  const target = event.target instanceof Element ? event.target : null;
  if (target?.closest("input, textarea, select, dialog, [contenteditable]")) return false;
  if (event.key === "Enter" && target?.closest("button, a, summary, [role=tab]")) return false;
  if (event.key.startsWith("Arrow") && target?.closest("#panel-body, [role=slider]")) return false;
  const shortcut = SHORTCUTS.find((one) => one.matches(event));
  shortcut?.run(explorer, event, page);
  return shortcut !== undefined;
}

function pan({ scene, info }: Explorer, event: KeyboardEvent): void {
  const now = scene.get();
  if (!now) return;
  const [x0, y0, x1, y1] = info.extent;
  const step = (Math.max(x1 - x0, y1 - y0) / now.camera.zoom) * PAN_SHARE * (event.shiftKey ? 3 : 1);
  const [dx, dy] = { ArrowUp: [0, 1], ArrowDown: [0, -1], ArrowLeft: [-1, 0], ArrowRight: [1, 0] }[
    event.key
  ] ?? [0, 0];
  now.moveTo({ ...now.camera, x: now.camera.x + dx * step, y: now.camera.y + dy * step }, 120);
}

function zoom({ scene }: Explorer, event: KeyboardEvent): void {
  scene.get()?.zoomBy(event.key === "+" || event.key === "=" ? 1.6 : 1 / 1.6, 220);
}

function openCenter(explorer: Explorer): void {
  const camera = explorer.scene.get()?.camera;
  if (!camera || !explorer.info.nRows) return;
  explorer.showRow(
    nearestToCenter(explorer.places, explorer.info.extent, camera.x, camera.y, explorer.masks.get().inside),
  );
}

function nextRow(explorer: Explorer, event: KeyboardEvent): void {
  const row = explorer.view.get().row;
  const next = row === null ? null : neighborInOrder(explorer, row, event.key === "n" ? 1 : -1);
  if (row === null) openCenter(explorer);
  else if (next !== null) explorer.showRow(next);
}

/** The next row in the map's order that passes the filters. */
function neighborInOrder({ masks, info }: Explorer, row: number, by: number): number | null {
  const inside = masks.get().inside;
  for (let next = row + by; next >= 0 && next < info.nRows; next += by) {
    if (!inside || hasBit(inside, next)) return next;
  }
  return null;
}

function toggleTime({ view, roles }: Explorer): void {
  if (roles.time) view.change({ time: view.get().time === null ? roles.time.index : null });
}

function openTab({ view }: Explorer, event: KeyboardEvent): void {
  view.amend({ tab: (["map", "selection", "row"] as const)[Number(event.key) - 1] });
}

/** Out of the smallest thing first: the tool, the row, the selection, the filters. */
function stepBack(explorer: Explorer): void {
  const view = explorer.view.get();
  if (explorer.tool.get() !== "pan") explorer.tool.set("pan");
  else if (view.row !== null) explorer.showRow(null);
  else if (view.selection.length) explorer.clearSelection();
  else if (view.filters.length) explorer.view.change({ filters: [] });
}
