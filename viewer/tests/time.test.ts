import { describe, expect, it } from "vitest";
import { movedWindow, startWindow } from "../src/time_play";

describe("the window over time", () => {
  it("starts narrow where nothing or everything is brushed, else as it was drawn", () => {
    expect(startWindow(null)).toEqual(startWindow([0, 1]));
    expect(startWindow(null)[1]).toBeLessThan(0.5);
    expect(startWindow([0.2, 0.5])).toEqual([0.2, 0.5]);
  });

  it("moves as wide as it is, faster with speed, stops at the end and begins again", () => {
    const [from, to] = movedWindow([0.2, 0.5], 1, 1000);
    expect(to - from).toBeCloseTo(0.3);
    expect(from).toBeGreaterThan(0.2);
    expect(movedWindow([0.2, 0.5], 2, 1000)[0] - 0.2).toBeCloseTo(2 * (from - 0.2));
    expect(movedWindow([0.69, 0.99], 4, 1000)[1]).toBe(1);
    expect(movedWindow([0.7, 1], 1, 80)[0]).toBe(0);
  });
});
