// node tests/e2e/run.mjs URL_OR_MAP: opens the explorer in a headless browser and does what a person does.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findChromium, launch } from "./browser.mjs";
import { faces, locked } from "./faces.mjs";
import { besideEachOther, desktop, oneFile, phone, serverGone } from "./journeys.mjs";
import { focusOrder, stillness } from "./keyboard.mjs";
import { serve, writeHtml } from "./server.mjs";

const target = process.argv[2];
if (!target) {
  console.error("Say which map: npm run e2e -- reviews.map (or the link that `belvedere view` prints)");
  process.exit(2);
}
if (!findChromium()) {
  console.error("There must be a Chromium, but none was found. Install it, or name it in CHROMIUM.");
  process.exit(2);
}

const scratch = mkdtempSync(join(tmpdir(), "belvedere-e2e-"));
const isLink = /^https?:/.test(target);
const server = isLink ? { link: target, stop: () => undefined } : await serve(target);
const browser = await launch();
let failed = 0;
const step = async (name, work) => {
  const start = Date.now();
  try {
    await work();
    console.log(`  ok   ${name} (${Date.now() - start} ms)`);
  } catch (error) {
    failed++;
    console.log(`  FAIL ${name}: ${error.message.split("\n").slice(0, 12).join(" | ")}`);
  }
};

try {
  const cookies = await desktop(browser, server.link, step);
  await phone(browser, server.link, step, cookies);
  const { origin } = new URL(server.link);
  await faces(browser, origin, step, cookies);
  await locked(browser, origin, step);
  await focusOrder(browser, origin, step, cookies);
  await stillness(browser, origin, step, cookies);
  if (!isLink) {
    const both = await serve(target, "beside itself");
    await besideEachOther(browser, both.link, step);
    both.stop();
    await serverGone(browser, server, step, cookies);
    await oneFile(browser, writeHtml(target, join(scratch, "map.html")), step);
  }
} finally {
  await browser.close();
  server.stop();
  rmSync(scratch, { recursive: true, force: true });
}
console.log(failed ? `${failed} failed` : "all passed");
process.exit(failed ? 1 : 0);
