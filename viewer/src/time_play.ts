/** A window over time that moves by itself. */

export const FRAME_MS = 80;
/** Shares of the whole time that the window moves in a second at speed 1. */
const PER_SECOND = 0.08;
export const SPEEDS = [0.5, 1, 2, 4] as const;
/** Window that playing starts with where nothing is brushed. */
const FIRST_WIDTH = 0.1;

export type Window = [number, number];

export function startWindow(now: Window | null): Window {
  const isWhole = !now || now[1] - now[0] > 0.98;
  return isWhole ? [0, FIRST_WIDTH] : now;
}

/** The window a moment later; at the end it begins again, as wide as it was. */
export function movedWindow([from, to]: Window, speed: number, ms: number): Window {
  const by = (PER_SECOND * speed * ms) / 1000;
  const width = to - from;
  if (to >= 1) return [0, width];
  const end = Math.min(1, to + by);
  return [end - width, end];
}
