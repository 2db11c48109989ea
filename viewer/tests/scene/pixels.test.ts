import { existsSync } from "node:fs";
import { type Browser, chromium, type Page } from "playwright-core";
import { createServer, type ViteDevServer } from "vite";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Shot } from "./pixels_page";

const CHROMIUM = process.env.CHROMIUM ?? "/usr/bin/chromium";
const FLAGS = [
  "--no-sandbox",
  "--use-gl=angle",
  "--use-angle=swiftshader",
  "--enable-unsafe-swiftshader",
  "--disable-gpu",
  "--no-first-run",
];
const PLAIN: Shot = { theme: "light", zoom: 1, dpr: 1, context: false, veil: false, flight: 0 };

/** Skipped where no Chromium is installed; CHROMIUM names another one. */
describe.skipIf(!existsSync(CHROMIUM))("the processor and the graphics card draw the same pixels", () => {
  let server: ViteDevServer;
  let browser: Browser;
  let page: Page;

  beforeAll(async () => {
    server = await createServer({
      root: `${import.meta.dirname}/../..`,
      configFile: false,
      logLevel: "error",
      optimizeDeps: { noDiscovery: true },
      server: { port: 0, host: "127.0.0.1", hmr: false, ws: false, watch: null, preTransformRequests: false },
    });
    await server.listen();
    browser = await chromium.launch({ executablePath: CHROMIUM, args: FLAGS });
    page = await browser.newPage();
    await page.goto(`${server.resolvedUrls?.local[0]}tests/scene/pixels.html`);
    await page.waitForFunction(() => "difference" in window, undefined, { timeout: 60_000 });
  }, 90_000);

  afterAll(async () => {
    await browser?.close();
    await server?.close();
  });

  test.each<[string, Partial<Shot>]>([
    ["at rest", {}],
    ["in the dark", { theme: "dark" }],
    ["zoomed in on a fine screen", { zoom: 5.5, dpr: 2 }],
    ["with context and veil", { context: true, veil: true }],
    ["on the way to another layout", { flight: 0.4 }],
  ])("%s", { timeout: 60_000 }, async (_, change) => {
    const found = await page.evaluate((shot) => window.difference(shot), { ...PLAIN, ...change });

    expect(found.mean).toBeLessThan(0.6);
    expect(found.differing).toBeLessThan(0.002);
    expect(found.drawn).toBeGreaterThan(0.1);
  });
});
