/** From nothing to a shown map: settings remembered, the map fetched, the address followed. */

import { ApiError, type Backend } from "./backend";
import { loadBeside } from "./beside";
import { createExplorer } from "./create_explorer";
import type { Explorer, Settings } from "./explorer";
import { checkPlaces } from "./map_folder";
import { firstColor } from "./roles";
import type { Camera, Theme } from "./scene/types";
import { fromHash, toHash } from "./url_state";
import { preferredLanguage } from "./words";

const STORE = "belvedere.settings";
const ADDRESS_AFTER_MS = 250;

export async function openExplorer(backend: Backend, step: (now: number) => void): Promise<Explorer> {
  step(0);
  const coming = backend.places();
  coming.catch(() => undefined);
  const info = await backend.info();
  step(1);
  const view = fromHash(location.hash, info);
  const color = view.colorBy ?? firstColor(info);
  const places = fitting(await coming, info.nRows);
  step(2);
  const explorer = createExplorer(backend, info, places, {
    settings: rememberedSettings(),
    systemTheme: systemTheme(),
    view,
  });
  if (color !== null) await explorer.columns.load(color).catch(() => undefined);
  if (info.can.beside)
    void explorer.ask(() => loadBeside(backend, info.extent)).then(explorer.beside.set, () => undefined);
  followSettings(explorer);
  document.title = `${info.name} · Belvedere`;
  return explorer;
}

function fitting(places: Uint16Array, nRows: number): Uint16Array {
  try {
    return checkPlaces(places, nRows);
  } catch (error) {
    throw new ApiError("damaged", error instanceof Error ? error.message : "");
  }
}

/** The address says what is shown; a link or the browser's back button brings it back. */
export function followAddress(explorer: Explorer): void {
  const { view, camera, info } = explorer;
  let timer = 0;
  const write = () => {
    const hash = toHash(view.get(), info);
    if (hash !== location.hash) history.replaceState(null, "", hash || location.pathname + location.search);
  };
  const soon = () => {
    window.clearTimeout(timer);
    timer = window.setTimeout(write, ADDRESS_AFTER_MS);
  };
  let waiting = 0;
  camera.subscribe((now) => {
    window.clearTimeout(waiting);
    waiting = window.setTimeout(
      () => now && !isSame(view.get().camera, now) && view.amend({ camera: now }),
      ADDRESS_AFTER_MS,
    );
  });
  view.subscribe((now) => {
    soon();
    const scene = explorer.scene.get();
    if (scene && now.camera && !isSame(now.camera, camera.get())) scene.moveTo(now.camera, 420);
  });
  window.addEventListener("hashchange", () => {
    if (location.hash !== toHash(view.get(), info))
      view.change({ filters: [], selection: [], row: null, ...fromHash(location.hash, info) });
  });
}

export function rememberedSettings(): Settings {
  const fresh: Settings = { theme: "system", language: preferredLanguage(navigator.languages) };
  try {
    const kept = JSON.parse(localStorage.getItem(STORE) ?? "{}");
    return {
      theme: ["light", "dark", "system"].includes(kept.theme) ? kept.theme : fresh.theme,
      language: ["en", "zh"].includes(kept.language) ? kept.language : fresh.language,
    };
  } catch {
    return fresh;
  }
}

function followSettings(explorer: Explorer): void {
  explorer.theme.subscribe((theme) => {
    document.documentElement.dataset.theme = theme;
  });
  const first = explorer.settings.get();
  explorer.settings.subscribe((settings) => {
    document.documentElement.lang = settings.language === "zh" ? "zh-Hans" : "en";
    if (settings === first) return;
    try {
      localStorage.setItem(STORE, JSON.stringify(settings));
    } catch {
      // A page from disk or a private window may keep nothing; the choice then lasts as long as the page.
    }
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
    if (explorer.settings.get().theme === "system") explorer.theme.set(systemTheme());
  });
}

export function systemTheme(): Theme {
  return matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
}

function isSame(a: Camera | null, b: Camera | null): boolean {
  return a === b || (!!a && !!b && a.x === b.x && a.y === b.y && a.zoom === b.zoom);
}
