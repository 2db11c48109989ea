/** How a map is made: asked of the server every half second, its pictures kept to be looked through again. */

import type { Backend } from "../backend";

export interface Stage {
  name: string;
  total: number | null;
  done: number;
  note: string;
  seconds: number;
  is_done: boolean;
}

export interface Making {
  stages: Stage[];
  sentences: string[];
  losses: { train: (number | null)[]; valid: (number | null)[] };
  /** Numbers of the pictures that are kept, in order. */
  pictures: number[];
  outcome: "making" | "made" | "failed";
}

const EVERY_MS = 500;
const FAILURES = 8;

/** Calls `told` with the state and its newest picture until the map is made; resolves with how it ended. */
export async function follow(
  backend: Backend,
  told: (making: Making, picture: Uint16Array | null) => void,
): Promise<"made" | "failed"> {
  let newest = -1;
  let failures = 0;
  for (;;) {
    const making = (await backend.watch?.().catch(() => undefined)) ?? null;
    failures = making ? 0 : failures + 1;
    if (failures > FAILURES) return "failed";
    if (making) {
      const last = making.pictures.at(-1) ?? -1;
      const picture = last > newest ? ((await backend.picture?.(last).catch(() => null)) ?? null) : null;
      if (picture) newest = last;
      told(making, picture);
      if (making.outcome !== "making") return making.outcome;
    }
    await new Promise((done) => setTimeout(done, EVERY_MS));
  }
}

/** Seconds the running stage still takes, by how far it is; null where that cannot be told yet. */
export function secondsLeft(stage: Stage): number | null {
  if (stage.is_done || !stage.total || stage.done < 2) return null;
  return (stage.seconds / stage.done) * Math.max(0, stage.total - stage.done);
}

/** Points as a picture: a soft dot for each place, in one color. */
export function paint(canvas: HTMLCanvasElement, places: Uint16Array, color: string): void {
  const ratio = window.devicePixelRatio || 1;
  const { clientWidth: width, clientHeight: height } = canvas;
  canvas.width = Math.round(width * ratio);
  canvas.height = Math.round(height * ratio);
  const pen = canvas.getContext("2d")!;
  pen.setTransform(ratio, 0, 0, ratio, 0, 0);
  const side = Math.min(width, height) * 0.9;
  const [left, top] = [(width - side) / 2, (height - side) / 2];
  const dot = places.length > 20_000 ? 1.4 : 2.2;
  pen.fillStyle = color;
  pen.globalAlpha = 0.6;
  for (let i = 0; i < places.length; i += 2) {
    const x = left + (places[i] / 65535) * side;
    const y = top + (1 - places[i + 1] / 65535) * side;
    pen.fillRect(x - dot / 2, y - dot / 2, dot, dot);
  }
}
