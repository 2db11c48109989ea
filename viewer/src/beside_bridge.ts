/** The second map's scene: the same rows, the same colors, the same hands. */

import { type Beside, besideLabels, pointBits, pointColors, pointOf, rowAt } from "./beside";
import type { Explorer } from "./explorer";
import { insideOf, isComparing } from "./groups";
import { createScene, type Scene, type SceneState } from "./scene";
import { colorsOf, onNew } from "./scene_bridge";

export function mountBeside(host: HTMLElement, explorer: Explorer, beside: Beside): () => void {
  const link = { busy: false };
  const scene = createScene(host, stateOf(explorer, beside), {
    hover: (point, [x, y]) =>
      explorer.hover.set(point === null ? null : { row: rowAt(beside, point), at: [x + host.offsetLeft, y] }),
    click: (point, shift) => {
      const row = point === null ? null : rowAt(beside, point);
      if (row !== null && shift) explorer.select({ mode: "add", shape: { kind: "rows", rows: [row] } });
      else explorer.showRow(row);
    },
    lasso: (polygon, mode) => {
      const isFirst = explorer.view.get().selection.length === 0;
      explorer.select({ mode: isFirst ? "new" : mode, shape: { kind: "beside", points: [...polygon] } });
    },
    camera: (camera) => {
      const other = explorer.scene.get();
      if (link.busy || !other || !explorer.linked.get()) return;
      link.busy = true;
      other.camera = camera;
      link.busy = false;
    },
  });
  const first = explorer.scene.get();
  if (first && explorer.linked.get()) scene.camera = first.camera;
  const stops = followers(explorer, beside, scene, link);
  return () => {
    for (const stop of stops) stop();
    scene.destroy();
  };
}

function stateOf(explorer: Explorer, beside: Beside): SceneState {
  return {
    points: beside.points,
    colors: pointColors(beside, colorsOf(explorer)),
    inside: pointBits(beside, insideOf(explorer)),
    veil: null,
    labels: besideLabels(beside),
    theme: explorer.theme.get(),
    tool: explorer.tool.get(),
    highlighted: highlighted(explorer, beside),
    threads: null,
    lasso: null,
    images: null,
    morph: null,
    density: true,
    contours: true,
    labelsOn: explorer.shownLabels.get(),
    pointScale: 1,
  };
}

function highlighted(explorer: Explorer, beside: Beside): number | null {
  const row = explorer.hover.get()?.row ?? explorer.view.get().row;
  return row === null ? null : pointOf(beside, row);
}

function followers(
  explorer: Explorer,
  beside: Beside,
  scene: Scene,
  link: { busy: boolean },
): (() => void)[] {
  const { coloring, masks, groups, view, theme, tool, hover, threads, shownLabels, camera } = explorer;
  const paint = () =>
    scene.set({
      colors: pointColors(beside, colorsOf(explorer)),
      inside: pointBits(beside, insideOf(explorer)),
      theme: theme.get(),
    });
  const comparing = onNew((now: boolean) => now, paint);
  const ring = () => scene.set({ highlighted: highlighted(explorer, beside) });
  return [
    coloring.subscribe(paint),
    theme.subscribe(paint),
    masks.subscribe(paint),
    groups.subscribe(paint),
    view.subscribe((now) => comparing(isComparing(groups.get(), now))),
    tool.subscribe((now) => scene.set({ tool: now })),
    shownLabels.subscribe((labelsOn) => scene.set({ labelsOn })),
    hover.subscribe(ring),
    view.subscribe(onNew((now) => now.row, ring)),
    view.subscribe(
      onNew(
        (now) => now.selection,
        () => scene.set({ lasso: lassoOf(explorer) }),
      ),
    ),
    threads.subscribe((now) => scene.set({ threads: now && threadsOn(beside, now.row, now.near) })),
    camera.subscribe((now) => {
      if (!now || link.busy || !explorer.linked.get()) return;
      link.busy = true;
      scene.camera = now;
      link.busy = false;
    }),
  ];
}

function lassoOf({ view }: Explorer): Float32Array | null {
  const parts = view.get().selection;
  const shape = parts.length === 1 ? parts[0].shape : null;
  return shape?.kind === "beside" ? Float32Array.from(shape.points) : null;
}

function threadsOn(beside: Beside, row: number, near: number[]): SceneState["threads"] {
  const from = pointOf(beside, row);
  const to = near.map((one) => pointOf(beside, one)).filter((one) => one !== null);
  return from === null ? null : { from, to };
}
