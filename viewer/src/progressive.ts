/** A very large map is shown as a sample first, then whole; what the person did meanwhile is kept. */

import type { Backend } from "./backend";
import type { Explorer } from "./explorer";
import { openExplorer } from "./opening";
import { firstColor } from "./roles";
import { type Filter, START } from "./store";
import { fromHash, toHash } from "./url_state";

/** Shows the sample, if there is one, and then the whole map, which it returns. */
export async function openInSteps(
  backend: Backend,
  step: (now: number) => void,
  show: (explorer: Explorer) => void,
): Promise<Explorer> {
  const coarse = (await backend.coarse?.()) ?? null;
  const first = coarse && (await openExplorer(coarse, step));
  if (first) {
    // Rows have other numbers in the sample.
    first.view.amend({
      row: null,
      selection: first.view.get().selection.filter((part) => part.shape.kind !== "rows"),
    });
    show(first);
  }
  const before = first && toHash(first.view.get(), first.info);
  const whole = await openExplorer(backend, first ? () => undefined : step);
  if (first) takeOver(first, whole, before!);
  show(whole);
  return whole;
}

/** Carries the view, theme and language over, if the person changed them. */
export function takeOver(first: Explorer, whole: Explorer, before: string): void {
  const now = toHash(first.view.get(), first.info);
  const camera = first.camera.get();
  if (now !== before) {
    const view = { ...START, colorBy: firstColor(whole.info), ...fromHash(now, whole.info) };
    const selection = (view.selection ?? []).filter((part) => part.shape.kind !== "rows");
    const filters = (view.filters ?? []).flatMap((filter) => byNames(filter, first, whole));
    const kept = { filters, selection, groupA: null, groupB: null, row: null };
    whole.view.amend({ ...view, ...kept, tab: view.tab === "row" ? "map" : view.tab });
  }
  if (camera) whole.view.amend({ camera });
  whole.setTheme(first.settings.get().theme);
  whole.setLanguage(first.settings.get().language);
}

/** A sample may number its categories otherwise: a filter keeps their names. */
function byNames(filter: Filter, first: Explorer, whole: Explorer): Filter[] {
  if (filter.type !== "codes") return [filter];
  const column = whole.info.columns[filter.column];
  const before = first.info.columns.find((one) => one.name === column.name && one.group === column.group);
  const names = filter.codes.map((code) => before?.categories?.[code]);
  const codes = names
    .map((name) => (column.categories ?? []).indexOf(name ?? ""))
    .filter((code) => code >= 0);
  return codes.length ? [{ ...filter, codes }] : [];
}
