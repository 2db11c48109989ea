import { existsSync } from "node:fs";
import { type Browser, chromium, type Page } from "playwright-core";
import { createServer, type ViteDevServer } from "vite";

/** CHROMIUM names another browser than the system's. Tests that need one are skipped where there is none. */
const CHROMIUM = process.env.CHROMIUM ?? "/usr/bin/chromium";
export const hasBrowser = existsSync(CHROMIUM);

const FLAGS = [
  "--no-sandbox",
  "--use-gl=angle",
  "--use-angle=swiftshader",
  "--enable-unsafe-swiftshader",
  "--disable-gpu",
  "--no-first-run",
];

/** As strict as the server of a map: nothing inline, nothing from elsewhere. */
const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; worker-src 'self'; connect-src 'self'";

export interface OpenPage {
  page: Page;
  /** What the page complained about. */
  errors: string[];
  close(): Promise<void>;
}

/** Serves this package from a free port and opens one of the pages beside the tests. */
export async function openPage(name: string, ready: string): Promise<OpenPage> {
  const server: ViteDevServer = await createServer({
    root: `${import.meta.dirname}/../..`,
    configFile: false,
    logLevel: "error",
    optimizeDeps: { noDiscovery: true },
    server: {
      port: 0,
      host: "127.0.0.1",
      hmr: false,
      ws: false,
      watch: null,
      preTransformRequests: false,
      headers: { "Content-Security-Policy": POLICY },
    },
  });
  await server.listen();
  const browser: Browser = await chromium.launch({ executablePath: CHROMIUM, args: FLAGS });
  const page = await browser.newPage({ viewport: { width: 800, height: 600 } });
  const errors: string[] = [];
  page.on("pageerror", (error) => errors.push(error.message));
  page.on("console", (message) => {
    // The development server's own socket and the missing icon are no fault of the scene.
    if (message.type() === "error" && !/ws:\/\/|404/.test(message.text())) errors.push(message.text());
  });
  await page.goto(`${server.resolvedUrls?.local[0]}tests/scene/${name}`);
  await page.waitForFunction((key) => key in window, ready, { timeout: 60_000 });
  const close = async () => {
    await browser.close();
    await server.close();
  };
  return { page, errors, close };
}
