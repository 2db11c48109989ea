import type { ScenePoints } from "../../src/scene/types";

/** The same numbers 0…1 on every run. */
export function seeded(seed: number): () => number {
  let state = seed | 0 || 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 4294967296;
  };
}

/** Round groups of rows, `lab` being the group of each row. */
export function groups(n: number, count = 6, seed = 7): { points: ScenePoints; group: Uint8Array } {
  const random = seeded(seed);
  const bell = () => (random() + random() + random() + random() - 2) * 1.7;
  const centers = Array.from({ length: count }, () => [12000 + random() * 41000, 12000 + random() * 41000]);
  const places = new Uint16Array(2 * n);
  const group = new Uint8Array(n);
  for (let row = 0; row < n; row++) {
    const k = Math.floor(random() * count);
    places[2 * row] = Math.min(Math.max(centers[k][0] + bell() * 2600, 0), 65535);
    places[2 * row + 1] = Math.min(Math.max(centers[k][1] + bell() * 2600, 0), 65535);
    group[row] = k;
  }
  return { points: { n, places, extent: [-100, -80, 100, 80] }, group };
}

export const allRows = (n: number): number[] => Array.from({ length: n }, (_, row) => row);
