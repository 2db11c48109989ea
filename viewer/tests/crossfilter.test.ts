import { describe, expect, it } from "vitest";
import { bitsOf, hasBit } from "../src/bits";
import { createCrossfilter } from "../src/crossfilter";

const N = 5000;

/** The same numbers on every run. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

function invented() {
  const next = random(7);
  const steps = [0, 1, 2].map(() => Uint16Array.from({ length: N }, () => Math.floor(next() * 65536)));
  const codes = Uint8Array.from({ length: N }, () => Math.floor(next() * 6));
  const bins = steps.map((column) => Uint8Array.from(column, (step) => step >> 11));
  return { next, steps, codes, bins };
}

describe("cross-filter", () => {
  it("counts what a full recount counts, through a long walk of filters", () => {
    const { next, steps, codes, bins } = invented();
    const filter = createCrossfilter(N);
    const watched = [filter.watch(bins[0], 1), filter.watch(bins[1], 2), filter.watch(codes, -1)];
    const rules = new Map<number, (row: number) => boolean>();
    for (let turn = 0; turn < 60; turn++) {
      const which = Math.floor(next() * 5);
      const [low, high] = [Math.floor(next() * 40000), 25000 + Math.floor(next() * 40000)];
      if (which < 3) {
        filter.keepRange(which + 1, steps[which], low, high);
        rules.set(which + 1, (row) => steps[which][row] >= low && steps[which][row] <= high);
      } else if (which === 3) {
        const kept = Uint8Array.from({ length: 256 }, () => (next() < 0.5 ? 1 : 0));
        filter.keepCodes(4, codes, kept);
        rules.set(4, (row) => kept[codes[row]] === 1);
      } else {
        const gone = 1 + Math.floor(next() * 4);
        filter.clear(gone);
        rules.delete(gone);
      }
      const passes = (row: number, but: number) =>
        [...rules].every(([slot, rule]) => slot === but || rule(row));
      let inside = 0;
      for (let row = 0; row < N; row++) {
        const expected = passes(row, 0);
        if (expected) inside++;
        if (hasBit(filter.inside, row) !== expected)
          throw new Error(`row ${row} on the wrong side in turn ${turn}`);
      }
      expect(filter.nInside()).toBe(inside);
      for (const { bins: of, slot, counts } of watched) {
        const wanted = new Uint32Array(256);
        for (let row = 0; row < N; row++) if (passes(row, slot)) wanted[of[row]]++;
        expect([...counts]).toEqual([...wanted]);
      }
    }
  });

  it("holds all rows again after everything is cleared", () => {
    const { steps } = invented();
    const filter = createCrossfilter(N);
    filter.keepRange(1, steps[0], 0, 10);
    filter.keepBits(0, bitsOf([1, 2, 3], N));
    expect(filter.nInside()).toBeLessThan(4);
    filter.clear(0);
    filter.clear(1);
    expect(filter.nInside()).toBe(N);
    expect(filter.active()).toBe(false);
  });

  it("works with no rows and with one", () => {
    for (const n of [0, 1]) {
      const filter = createCrossfilter(n);
      filter.keepRange(1, new Uint16Array(n), 5, 9);
      expect(filter.nInside()).toBe(0);
    }
  });
});
