import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { hasBrowser, type OpenPage, openPage } from "./browser";
import type { Shot } from "./pixels_page";

const PLAIN: Shot = { theme: "light", zoom: 1, dpr: 1, context: false, veil: false, flight: 0 };

describe.skipIf(!hasBrowser)("the processor and the graphics card draw the same pixels", () => {
  let open: OpenPage;

  beforeAll(async () => {
    open = await openPage("pixels.html", "difference");
  }, 90_000);

  afterAll(() => open?.close());

  test.each<[string, Partial<Shot>]>([
    ["at rest", {}],
    ["in the dark", { theme: "dark" }],
    ["zoomed in on a fine screen", { zoom: 5.5, dpr: 2 }],
    ["with context and veil", { context: true, veil: true }],
    ["on the way to another layout", { flight: 0.4 }],
  ])("%s", { timeout: 60_000 }, async (_, change) => {
    const found = await open.page.evaluate((shot) => window.difference(shot), { ...PLAIN, ...change });

    expect(found.mean).toBeLessThan(0.6);
    expect(found.differing).toBeLessThan(0.002);
    expect(found.drawn).toBeGreaterThan(0.1);
  });
});
