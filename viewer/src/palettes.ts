/** Colors of data: twelve categories and "other", one sequential and one diverging ramp, in both themes. */

import type { Codes } from "./map_folder";
import type { Theme } from "./scene/types";

export const MAX_SLOTS = 12;

export const CATEGORIES: Record<Theme, string[]> = {
  light: "0D76C8 D2500E 0B6A50 BB8D38 784693 08A0A6 DE6C87 688343 860F23 9F81E2 884F10 314A68".split(" "),
  dark: "3FA2FB FB8947 2FA289 F0C888 B57EC9 88EAF5 FE9FB6 A3B17F C54B5A C8ADFF B67D38 6B7B97".split(" "),
};
export const GREY: Record<Theme, string> = { light: "B4BEC7", dark: "475460" };
export const SEQUENTIAL: Record<Theme, string[]> = {
  light: "E2F4F6 BCDFE6 98C9D7 75B3C8 559CBA 3784AB 196D9B 005589 003E76".split(" "),
  dark: "202F42 2D445A 3B5B72 4A748A 598DA2 6AA7B8 7DC2CE 93DDE3 ACF8F7".split(" "),
};
export const DIVERGING: Record<Theme, string[]> = {
  light: "005596 2B80BF 71B0DB B9DAEE EDF1F2 F0D1B7 E6A375 D16D32 A24019".split(" "),
  dark: "8FD5FD 56ADEC 357FBD 2D5277 272C31 6D3F2E AD5A34 E58042 F8BD84".split(" "),
};

/** Which category codes share which color: one slot per category up to twelve, beyond that eleven and "other". */
export interface Slots {
  slotOf: Uint8Array;
  slots: { codes: number[]; isOther: boolean; count: number }[];
}

export function slotsOf(data: Codes): Slots {
  const counts = countCodes(data);
  const present = [...counts.keys()];
  const chosen = present.length <= MAX_SLOTS ? present : largest(present, counts, MAX_SLOTS - 1);
  const slotOf = new Uint8Array(65536).fill(chosen.length);
  chosen.forEach((code, slot) => {
    slotOf[code] = slot;
  });
  const slots = chosen.map((code) => ({ codes: [code], isOther: false, count: counts[code] }));
  const rest = present.filter((code) => slotOf[code] === chosen.length);
  if (rest.length)
    slots.push({ codes: rest, isOther: true, count: rest.reduce((sum, c) => sum + counts[c], 0) });
  return { slotOf, slots };
}

export function ramp(stops: string[], at: number): string {
  const place = Math.min(1, Math.max(0, at)) * (stops.length - 1);
  const low = Math.min(stops.length - 2, Math.floor(place));
  const [a, b] = [channels(stops[low]), channels(stops[low + 1])];
  return a
    .map((value, i) => Math.round(value + (b[i] - value) * (place - low)))
    .map((value) => value.toString(16).padStart(2, "0"))
    .join("");
}

/** "RRGGBB" as 0xAABBGGRR, so that the bytes in memory read R, G, B, A. */
export function packed(hex: string, alpha = 255): number {
  const [r, g, b] = channels(hex);
  return ((alpha << 24) | (b << 16) | (g << 8) | r) >>> 0;
}

export function channels(hex: string): number[] {
  return [0, 2, 4].map((at) => Number.parseInt(hex.slice(at, at + 2), 16));
}

function countCodes(data: Codes): number[] {
  const counts = new Array<number>(data.names.length).fill(0);
  for (let row = 0; row < data.codes.length; row++) {
    if (data.codes[row] !== data.missing) counts[data.codes[row]]++;
  }
  return counts;
}

/** The `n` largest, back in their natural order. */
function largest(codes: number[], counts: number[], n: number): number[] {
  return [...codes]
    .sort((a, b) => counts[b] - counts[a] || a - b)
    .slice(0, n)
    .sort((a, b) => a - b);
}
