/** Between the explorer and the scene: what changes here is shown there, what happens there is told here. */

import { besideLabels, morphPoints } from "./beside";
import type { Explorer } from "./explorer";
import { nearestOnMap } from "./geometry";
import { groupColors, insideOf, isComparing } from "./groups";
import { K } from "./roles";
import {
  createScene,
  type Scene,
  type SceneColors,
  type SceneEvents,
  type SceneLabel,
  type ScenePoints,
  type SceneState,
} from "./scene";
import { requantize } from "./scene/terrain";
import { veilOf } from "./veil";

const ATLAS_CELL = 48;
const ATLAS_MOST = 1024;
const THUMBNAILS_AFTER_MS = 160;

export function mountScene(
  host: HTMLElement,
  explorer: Explorer,
  renderer: "auto" | "cpu" = "auto",
): () => void {
  const scene = createScene(host, firstState(explorer), eventsOf(explorer), { renderer });
  const camera = explorer.view.get().camera;
  if (camera) scene.moveTo(camera, 0);
  explorer.scene.set(scene);
  const stops = followers(explorer, scene);
  return () => {
    for (const stop of stops) stop();
    explorer.scene.set(null);
    scene.destroy();
  };
}

function firstState(explorer: Explorer): SceneState {
  return {
    points: pointsOf(explorer),
    colors: colorsOf(explorer),
    inside: insideOf(explorer),
    veil: null,
    labels: labelsOf(explorer),
    theme: explorer.theme.get(),
    tool: explorer.tool.get(),
    highlighted: null,
    threads: null,
    lasso: null,
    images: null,
    morph: null,
    density: true,
    contours: true,
    labelsOn: true,
    pointScale: 1,
  };
}

function followers(explorer: Explorer, scene: Scene): (() => void)[] {
  const { view, theme, tool, hover, names, shownLabels } = explorer;
  return [
    ...followPaint(explorer, scene),
    theme.subscribe((value) => scene.set({ theme: value })),
    tool.subscribe((value) => scene.set({ tool: value })),
    names.subscribe(() => !explorer.morphed.get() && scene.set({ labels: labelsOf(explorer) })),
    explorer.words.subscribe(() => !explorer.morphed.get() && scene.set({ labels: labelsOf(explorer) })),
    shownLabels.subscribe((labelsOn) => scene.set({ labelsOn })),
    hover.subscribe(() => scene.set({ highlighted: highlightedOf(explorer) })),
    view.subscribe(
      onNew(
        (v) => v.row,
        () => scene.set({ highlighted: highlightedOf(explorer) }),
      ),
    ),
    view.subscribe(
      onNew(
        (v) => v.row,
        (row) => void thread(explorer, row),
      ),
    ),
    ...followBeside(explorer, scene),
    explorer.morphed.subscribe((isThere) => morph(explorer, scene, isThere)),
    explorer.threads.subscribe((threads) =>
      scene.set({ threads: threads && { from: threads.row, to: threads.near, kept: threads.kept } }),
    ),
    view.subscribe(
      onNew(
        (v) => v.selection,
        () => scene.set({ lasso: lassoOf(explorer) }),
      ),
    ),
    view.subscribe(
      onNew(
        (v) => (v.veil ? v.threshold : -1),
        () => void veil(explorer, scene),
      ),
    ),
  ];
}

/** Colors and context: by a column and the filters, or by the two groups while they are compared. */
function followPaint(explorer: Explorer, scene: Scene): (() => void)[] {
  const { coloring, masks, groups, view, theme } = explorer;
  const paint = () => scene.set({ colors: colorsOf(explorer), inside: insideOf(explorer) });
  const comparing = onNew((now: boolean) => now, paint);
  return [
    coloring.subscribe(() => scene.set({ colors: colorsOf(explorer) })),
    theme.subscribe(() => scene.set({ colors: colorsOf(explorer) })),
    masks.subscribe(() => scene.set({ inside: insideOf(explorer) })),
    groups.subscribe(paint),
    view.subscribe((now) => comparing(isComparing(groups.get(), now))),
  ];
}

const groupPaint = new WeakMap<object, { theme: string; colors: SceneColors }>();

/** The same array for the same groups and theme, so that the scene sees no change where there is none. */
export function colorsOf({ coloring, groups, view, theme, info }: Explorer): SceneColors {
  const now = groups.get();
  if (!isComparing(now, view.get())) return coloring.get().colors;
  const kept = groupPaint.get(now);
  if (kept?.theme === theme.get()) return kept.colors;
  const colors = groupColors(now, info.nRows, theme.get());
  groupPaint.set(now, { theme: theme.get(), colors });
  return colors;
}

function eventsOf(explorer: Explorer): SceneEvents {
  const { view } = explorer;
  const showImages = imageShower(explorer);
  return {
    hover: (row, at) => explorer.hover.set(row === null ? null : { row, at }),
    click: (row, shift) => {
      if (row !== null && shift) explorer.select({ mode: "add", shape: { kind: "rows", rows: [row] } });
      else explorer.showRow(row);
    },
    lasso: (polygon, mode) => {
      const isFirst = view.get().selection.length === 0;
      explorer.select({ mode: isFirst ? "new" : mode, shape: { kind: "polygon", points: [...polygon] } });
    },
    camera: (camera) => explorer.camera.set({ ...camera }),
    frame: (ms) => explorer.frameMs.set(ms),
    visible: showImages,
  };
}

/** The camera's world grows when a second map comes beside the first. */
function followBeside(explorer: Explorer, scene: Scene): (() => void)[] {
  const { beside, view } = explorer;
  const isSplit = () => beside.get() !== null && view.get().beside;
  let was = isSplit();
  const regrow = () => {
    if (isSplit() === was) return;
    was = isSplit();
    scene.set({ points: pointsOf(explorer) });
  };
  return [beside.subscribe(regrow), view.subscribe(regrow)];
}

/** Our places; over the extent of both maps while they stand side by side. */
function pointsOf({ places, info, beside, view }: Explorer): ScenePoints {
  const ours = { n: info.nRows, places, extent: info.extent };
  const other = beside.get();
  return other && view.get().beside ? requantize(ours, other.points.extent) : ours;
}

/** The rows fly to their places on the second map, and back. */
function morph(explorer: Explorer, scene: Scene, isThere: boolean): void {
  const beside = explorer.beside.get();
  if (!beside) return;
  scene.set({ morph: isThere ? morphPoints(pointsOf(explorer), beside) : null });
  scene.set({ labels: isThere ? besideLabels(beside) : labelsOf(explorer) });
}

function labelsOf(explorer: Explorer): SceneLabel[] {
  const names = explorer.names.get();
  return explorer.info.regions.map((region) => ({
    id: region.id,
    level: region.level,
    text: explorer.words.get().region(names.get(region.id) ?? region.name, explorer.naming),
    x: region.x,
    y: region.y,
    nRows: region.nRows,
  }));
}

function highlightedOf(explorer: Explorer): number | null {
  return explorer.hover.get()?.row ?? explorer.view.get().row;
}

/** The outline stays on the map while the selection is one drawn shape. */
function lassoOf(explorer: Explorer): Float32Array | null {
  const parts = explorer.view.get().selection;
  const shape = parts.length === 1 ? parts[0].shape : null;
  return shape?.kind === "polygon" ? Float32Array.from(shape.points) : null;
}

async function thread(explorer: Explorer, row: number | null): Promise<void> {
  explorer.threads.set(null);
  if (row === null || !explorer.info.can.neighbors) return;
  const found = await explorer.ask(() => explorer.backend.neighbors(row)).catch(() => null);
  if (!found || explorer.view.get().row !== row) return;
  const near = found.rows.slice(0, K);
  const there = new Set(nearestOnMap(explorer.places, explorer.info.extent, row, K));
  explorer.threads.set({ row, near, kept: near.map((one) => there.has(one)) });
}

async function veil(explorer: Explorer, scene: Scene): Promise<void> {
  const { kept } = explorer.roles;
  const { veil: isOn, threshold } = explorer.view.get();
  if (!isOn || !kept) {
    scene.set({ veil: null });
    return;
  }
  const data = await explorer.columns.load(kept.index).catch(() => null);
  const now = explorer.view.get();
  if (data?.type !== "numbers" || !now.veil || now.threshold !== threshold) return;
  const { levels, nDimmed } = veilOf(kept, data, threshold);
  explorer.nDimmed.set(nDimmed);
  scene.set({ veil: levels });
}

/** Thumbnails as marks, once the view rests on few rows. */
function imageShower(explorer: Explorer): (rows: Uint32Array) => void {
  if (!explorer.info.can.image || !explorer.roles.image) return () => undefined;
  let timer = 0;
  let shown = "";
  return (rows) => {
    window.clearTimeout(timer);
    timer = window.setTimeout(async () => {
      const key = rows.join(",");
      if (key === shown) return;
      shown = key;
      const scene = explorer.scene.get();
      if (!rows.length || rows.length > ATLAS_MOST) return scene?.set({ images: null });
      const atlas = await explorer.backend.atlas([...rows], ATLAS_CELL).catch(() => null);
      if (atlas && key === shown)
        scene?.set({ images: { rows: rows.slice(), atlas, cell: ATLAS_CELL, perLine: 32 } });
    }, THUMBNAILS_AFTER_MS);
  };
}

/** Runs only when the picked part of the value is another than before. */
export function onNew<T, P>(pick: (value: T) => P, run: (part: P) => void): (value: T) => void {
  let last: P | typeof NOTHING = NOTHING;
  return (value) => {
    const part = pick(value);
    if (Object.is(part, last)) return;
    last = part;
    run(part);
  };
}

const NOTHING = Symbol("nothing yet");
