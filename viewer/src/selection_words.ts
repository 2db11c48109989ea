/** What a selection is made of, and a name for it. */

import { hasBit } from "./bits";
import type { Bits, Codes } from "./map_folder";
import type { Slots } from "./palettes";

export interface Ingredient {
  name: string;
  slot: number;
  n: number;
  share: number;
  /** How much more frequent than on the whole map. */
  lift: number;
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
    .map((n, slot) => {
      const share = n / (total || 1);
      const lift = share / (slots.slots[slot].count / data.codes.length || 1);
      return { n, slot, share, lift, name: nameOf(data, slots, slot) };
    })
    .filter((one) => one.n > 0)
    .sort((a, b) => b.n - a.n);
}

function nameOf(data: Codes, slots: Slots, slot: number): string {
  const { isOther, codes } = slots.slots[slot];
  return isOther ? "" : (data.names[codes[0]] ?? "");
}

const TELLING = 1.25;

/** The one that makes up most, or the two that do together, where they are more frequent than elsewhere; else null. */
export function suggestedNames(ingredients: Ingredient[]): string[] | null {
  const telling = ingredients.filter((one) => one.name.trim() !== "" && one.lift >= TELLING);
  if (telling[0]?.share >= 0.75) return [telling[0].name];
  if (telling.length > 1 && telling[0].share + telling[1].share >= 0.7)
    return [telling[0].name, telling[1].name];
  return null;
}

/** A bare number or a yes says little without its column. */
export function withColumn(names: string[], column: string): string[] {
  return names.every((name) => /^([\d.,+-]+|true|false|yes|no)$/i.test(name))
    ? [`${column} ${names[0]}`, ...names.slice(1)]
    : names;
}
