// node scripts/measure.mjs LINK: how fast the explorer answers in a headless Chromium without a graphics card, as JSON.
import { readFileSync } from "node:fs";
import { launch } from "../tests/e2e/browser.mjs";

const link = process.argv[2];
const STEPS = 10;
const REST_MS = 1500;
const WAIT_MS = 120_000;

/** Runs in the page before its own scripts: notes when a picture of the map is shown. */
function notePictures() {
  window.pictures = [];
  const pen = CanvasRenderingContext2D.prototype;
  const draw = pen.putImageData;
  pen.putImageData = function (...parts) {
    if (this.canvas.closest?.(".stage")) window.pictures.push(performance.now());
    return draw.apply(this, parts);
  };
}

const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];
const summary = (values) => ({ median: Math.round(median(values)), worst: Math.round(Math.max(...values)) });
const pictures = (page) => page.evaluate(() => window.pictures);

/** After each input: when the first picture came, and when the last one did before it was quiet. */
async function answers(page, input) {
  const [first, last] = [[], []];
  for (let step = 0; step < STEPS; step++) {
    await page.evaluate(() => {
      window.pictures = [];
      const note = () => {
        window.began ??= performance.now();
      };
      window.began = undefined;
      for (const name of ["wheel", "pointermove", "keydown"])
        window.addEventListener(name, note, { capture: true, once: true });
    });
    await input(step);
    await page.waitForTimeout(REST_MS);
    const began = await page.evaluate(() => window.began);
    const after = (await pictures(page)).filter((at) => at > began);
    if (after.length) {
      first.push(after[0] - began);
      last.push(after.at(-1) - began);
    }
  }
  return first.length
    ? { pictures: first.length, answer_ms: summary(first), settled_ms: summary(last) }
    : null;
}

/** From a click that filters to the last change of the panel: counts, bars and histograms. */
async function filtering(page) {
  const times = [];
  const buttons = page.locator(".legend li button");
  for (let step = 0; step < Math.min(6, STEPS); step++) {
    await page.evaluate(() => {
      window.changed = performance.now();
      window.watching?.disconnect();
      window.watching = new MutationObserver(() => {
        window.changed = performance.now();
      });
      window.watching.observe(document.body, {
        subtree: true,
        childList: true,
        attributes: true,
        characterData: true,
      });
      window.addEventListener(
        "click",
        () => {
          window.clicked = performance.now();
        },
        { capture: true, once: true },
      );
    });
    await buttons.nth(step % 2).click();
    await page.mouse.move(5, 5);
    await page.waitForTimeout(REST_MS);
    times.push(await page.evaluate(() => window.changed - window.clicked));
  }
  return summary(times);
}

/** Fifty rows from all over the map, as the table asks for them. */
const fetchRows = (page) =>
  page.evaluate(async () => {
    const n = (await (await fetch("/api/map")).json()).nRows;
    const times = [];
    for (let turn = 0; turn < 5; turn++) {
      const rows = Array.from({ length: 50 }, () => Math.floor(Math.random() * n));
      const start = performance.now();
      const headers = { "Content-Type": "application/json" };
      await (await fetch("/api/rows", { method: "POST", headers, body: JSON.stringify({ rows }) })).json();
      times.push(performance.now() - start);
    }
    return times;
  });

async function memory(browser) {
  const session = await browser.newBrowserCDPSession();
  const { processInfo } = await session.send("SystemInfo.getProcessInfo");
  const sizes = processInfo.map(({ type, id }) => {
    const text = readFileSync(`/proc/${id}/smaps_rollup`, "utf8");
    return { type, mb: Number(/^Pss:\s+(\d+)/m.exec(text)?.[1] ?? 0) / 1024 };
  });
  return Math.round(Math.max(...sizes.filter(({ type }) => type === "renderer").map(({ mb }) => mb)));
}

const browser = await launch();
const page = await (await browser.newContext({ viewport: { width: 1440, height: 900 } })).newPage();
page.setDefaultTimeout(WAIT_MS);
await page.addInitScript(notePictures);
const start = Date.now();
await page.goto(link);
await page.waitForFunction(
  () => window.pictures.length > 0 && document.querySelectorAll(".legend li").length > 0,
);
const result = { first_picture_ms: Date.now() - start };
await page.waitForFunction(() => !document.querySelector(".coarse"));
await page.waitForFunction(
  () => window.pictures.length > 0 && document.querySelectorAll(".legend li").length > 0,
);
result.whole_map_ms = Date.now() - start;
await page.waitForTimeout(6000);
result.memory_mb = await memory(browser);

const box = await page.locator(".stage").boundingBox();
const middle = [box.x + box.width / 2, box.y + box.height / 2];
await page.mouse.move(...middle);
const pan = async (step) => {
  await page.mouse.move(...middle);
  await page.mouse.down();
  await page.mouse.move(middle[0] + (step % 2 ? -60 : 60), middle[1], { steps: 2 });
  await page.mouse.up();
};
const zoom = (step) => page.mouse.wheel(0, step < STEPS / 2 ? -240 : 240);
result.pan = await answers(page, pan);
result.zoom = await answers(page, zoom);
await page.locator(".legend li button").first().click();
await page.waitForTimeout(REST_MS);
result.pan_filtered = await answers(page, pan);
await page.locator(".legend li button").first().click();
await page.waitForTimeout(REST_MS);
result.histograms = await page.locator("#panel-body svg, #panel-body canvas").count();
result.filter_ms = await filtering(page);
result.rows_ms = summary(await fetchRows(page));
result.memory_after_mb = await memory(browser);
await browser.close();
console.log(JSON.stringify(result));
