// node tests/e2e/cell.mjs MAP: the explorer in a notebook's cell, spoken to by the real widget in Python.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { findChromium, launch, watchedPage } from "./browser.mjs";

const ROOT = fileURLToPath(new URL("../../..", import.meta.url));
const HOST = "http://cell.test";
const folder = process.argv[2];
if (!folder || !findChromium()) {
  console.error("Say which map, on a machine with Chromium: node tests/e2e/cell.mjs objects.map");
  process.exit(2);
}

const kernel = spawn(
  process.env.PYTHON ?? `${ROOT}/.venv/bin/python`,
  [`${ROOT}/tests/cell_bridge.py`, folder],
  {
    stdio: ["pipe", "pipe", "inherit"],
  },
);
const tell = (message) => kernel.stdin.write(`${JSON.stringify(message)}\n`);
const heard = [];
let listener = null;
createInterface(kernel.stdout).on("line", (text) => {
  const message = JSON.parse(text);
  heard.push(message);
  listener?.(message);
});
const until = async (what, found) => {
  for (let turns = 0; turns < 600; turns++) {
    const value = await found();
    if (value) return value;
    await new Promise((done) => setTimeout(done, 50));
  }
  throw new Error(`waited in vain for ${what}`);
};

/** Runs in the page: the smallest host that an anywidget can live in. */
function openCell(script, state) {
  const listeners = new Map();
  const tellAll = (name, ...parts) => {
    for (const run of listeners.get(name) ?? []) run(...parts);
  };
  const toView = (text) => new DataView(Uint8Array.from(atob(text), (c) => c.charCodeAt(0)).buffer);
  const toText = (view) =>
    btoa(String.fromCharCode(...new Uint8Array(view.buffer, view.byteOffset, view.byteLength)));
  const changed = {};
  const model = {
    get: (name) => state[name],
    set(name, value) {
      changed[name] = value;
      state[name] = value;
    },
    save_changes() {
      const entries = Object.entries(changed).filter(([, value]) => value instanceof DataView);
      const data = { method: "update", state: {}, buffer_paths: entries.map(([name]) => [name]) };
      window.toPython({ data, buffers: entries.map(([, value]) => toText(value)) });
    },
    send: (content) => window.toPython({ data: { method: "custom", content }, buffers: [] }),
    on: (name, run) => listeners.set(name, [...(listeners.get(name) ?? []), run]),
    off: (name, run) =>
      listeners.set(
        name,
        (listeners.get(name) ?? []).filter((one) => one !== run),
      ),
  };
  state._mask = toView("");
  window.fromPython = ({ data, buffers }) => {
    if (data.method === "custom") tellAll("msg:custom", data.content, buffers.map(toView));
    if (data.method !== "update") return;
    Object.assign(state, data.state);
    (data.buffer_paths ?? []).forEach(([name], i) => {
      state[name] = toView(buffers[i]);
    });
    for (const name of [...Object.keys(data.state), ...(data.buffer_paths ?? []).map(([one]) => one)])
      tellAll(`change:${name}`);
  };
  const address = URL.createObjectURL(new Blob([script], { type: "text/javascript" }));
  return import(address).then((module) => {
    window.closeCell = module.default.render({ model, el: document.getElementById("cell") });
  });
}

const browser = await launch();
const { page, trouble } = await watchedPage(browser, HOST, { viewport: { width: 1100, height: 800 } });
try {
  await page.route(`${HOST}/**`, (route) =>
    route.fulfill({
      contentType: "text/html",
      body: '<!doctype html><link rel="icon" href="data:,"><div id="cell"></div>',
    }),
  );
  await page.exposeFunction("toPython", tell);
  await page.goto(`${HOST}/`);
  const opened = await until("the widget", () => heard.find((message) => message.data?.state?._esm));
  listener = (message) =>
    message.data && page.evaluate((sent) => window.fromPython?.(sent), message).catch(() => {});
  const start = Date.now();
  await page.evaluate(openCell.toString().replace("function openCell", "window.openCell = function"));
  await page.evaluate(
    ([script, state]) => window.openCell(script, state),
    [opened.data.state._esm, opened.data.state],
  );

  const inside = page.frameLocator("#cell iframe");
  await inside.locator(".stage canvas").first().waitFor({ timeout: 30_000 });
  await inside.locator(".legend li").first().waitFor({ timeout: 30_000 });
  console.log(`  first picture after ${Date.now() - start} ms`);
  await page.waitForTimeout(1500);
  const shot = await page.screenshot({ path: process.env.SHOT });
  const colors = await page.evaluate(async (base64) => {
    const picture = await createImageBitmap(await (await fetch(`data:image/png;base64,${base64}`)).blob());
    const pen = new OffscreenCanvas(picture.width, picture.height).getContext("2d");
    pen.drawImage(picture, 0, 0);
    return new Set(new Uint32Array(pen.getImageData(0, 0, picture.width, picture.height).data.buffer)).size;
  }, shot.toString("base64"));
  assert.ok(colors > 300, `the picture must have many colors, but has ${colors}`);
  console.log("  ok   the cell shows the map");

  const count = async () =>
    Number((await inside.locator("header .count b").textContent()).replace(/\D/g, ""));
  tell({ select: [3, 5, 8, 13] });
  await until("a selection from Python", async () => (await count()) === 4);
  console.log("  ok   rows selected in Python are selected in the cell");

  tell({ select: [] });
  await until("an empty selection", async () => (await inside.locator("header .count b").count()) === 0);
  await page.waitForTimeout(300);
  const before = heard.length;
  const box = await inside.locator(".stage canvas").first().boundingBox();
  await inside.getByRole("button", { name: /lasso/i }).first().click();
  await page.mouse.move(box.x + box.width * 0.3, box.y + box.height * 0.3);
  await page.mouse.down();
  for (const [x, y] of [
    [0.6, 0.3],
    [0.6, 0.7],
    [0.3, 0.7],
    [0.3, 0.32],
  ])
    await page.mouse.move(box.x + box.width * x, box.y + box.height * y, { steps: 4 });
  await page.mouse.up();
  const told = await until("a selection from the cell", () =>
    heard.slice(before).find((m) => m.selected?.length),
  );
  assert.ok(
    told.selected.length > 10,
    `a lasso over the middle holds rows, but ${told.selected.length} were told`,
  );
  assert.deepEqual(
    told.selected,
    [...told.selected].sort((a, b) => a - b),
  );
  console.log(`  ok   ${told.selected.length} rows lassoed in the cell are selected in Python`);

  await page.evaluate(() => window.closeCell());
  assert.equal(await page.locator("#cell iframe").count(), 0);
  assert.deepEqual(trouble, []);
  console.log("all passed");
} catch (error) {
  console.log(`  FAIL ${error.message} ${trouble.join(" | ")}`);
  process.exitCode = 1;
} finally {
  await browser.close();
  kernel.kill();
}
