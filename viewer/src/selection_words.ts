/** What a selection is made of, and a name for it. */

import { hasBit } from "./bits";
import type { Bits, Codes } from "./map_folder";
import type { Slots } from "./palettes";

export interface Ingredient {
  name: string;
  slot: number;
  n: number;
  share: number;
}

/** Rows inside by color slot, most frequent first; `null` for the missing and "other" has no name. */
export function ingredientsOf(data: Codes, slots: Slots, inside: Bits): Ingredient[] {
  const counts = new Array<number>(slots.slots.length).fill(0);
  let total = 0;
  for (let row = 0; row < data.codes.length; row++) {
    if (!hasBit(inside, row)) continue;
    total++;
    if (data.codes[row] !== data.missing) counts[slots.slotOf[data.codes[row]]]++;
  }
  return counts
    .map((n, slot) => ({ n, slot, share: n / (total || 1), name: nameOf(data, slots, slot) }))
    .filter((one) => one.n > 0)
    .sort((a, b) => b.n - a.n);
}

function nameOf(data: Codes, slots: Slots, slot: number): string {
  const { isOther, codes } = slots.slots[slot];
  return isOther ? "" : (data.names[codes[0]] ?? "");
}

/** The one that makes up most, or the two that do together; null where nothing stands out. */
export function suggestedNames(ingredients: Ingredient[]): string[] | null {
  const named = ingredients.filter((one) => one.name !== "");
  if (named[0]?.share >= 0.75) return [named[0].name];
  if (named.length > 1 && named[0].share + named[1].share >= 0.7) return [named[0].name, named[1].name];
  return null;
}
