/** Order in work that takes time. */

import type { Cell } from "./store";

/** Runs one at a time; calls that come meanwhile are answered by one more run. */
export function lastWins(work: () => Promise<void>): () => Promise<void> {
  let running: Promise<void> | null = null;
  let again = false;
  return () => {
    if (running) {
      again = true;
      return running;
    }
    const run = async () => {
      do {
        again = false;
        await work();
      } while (again);
      running = null;
    };
    running = run();
    return running;
  };
}

/** Resolves with the first value that is not null. */
export function whenSet<T>(from: Cell<T | null>): Promise<T> {
  return new Promise((done) => {
    let stop: (() => void) | null = null;
    stop = from.subscribe((value) => {
      if (value === null) return;
      done(value);
      queueMicrotask(() => stop?.());
    });
  });
}

/** Answers remembered by number, the last `most` of them; what failed is asked again. */
export function lastKept<T>(
  most: number,
  ask: (number: number) => Promise<T>,
): (number: number) => Promise<T> {
  const kept = new Map<number, Promise<T>>();
  return (number) => {
    let answer = kept.get(number);
    if (!answer) {
      answer = ask(number);
      answer.catch(() => kept.delete(number));
    }
    kept.delete(number);
    kept.set(number, answer);
    if (kept.size > most) kept.delete(kept.keys().next().value!);
    return answer;
  };
}
