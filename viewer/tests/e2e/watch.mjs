// node tests/e2e/watch.mjs OUT.map: `belvedere map --watch` in a browser, from the first stage to the explorer.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { launch, watchedPage } from "./browser.mjs";

const ROOT = fileURLToPath(new URL("../../..", import.meta.url));
const words = [
  "-m",
  "belvedere",
  "map",
  process.argv[3] ?? "sklearn:digits",
  "--target",
  process.argv[4] ?? "digit",
];
const options = ["--watch", "--no-browser", "--replace", "--epochs", "8", "--out", process.argv[2]];
const python = process.env.PYTHON ?? `${ROOT}/.venv/bin/python`;
const work = spawn(python, [...words, ...options], { stdio: ["ignore", "pipe", "inherit"] });
const ended = new Promise((done) => work.on("exit", done));
const link = await new Promise((done, failed) => {
  createInterface(work.stdout).on("line", (text) => {
    const found = /https?:\/\/\S+token=\S+/.exec(text);
    if (found) done(found[0]);
  });
  work.on("exit", () => failed(new Error("it ended before it said a link")));
});

const browser = await launch();
const { page, trouble } = await watchedPage(browser, new URL(link).origin);
try {
  await page.goto(link);
  await page.waitForSelector(".watching", { timeout: 20_000 });
  console.log("  ok   the page is there while the map is being made");
  await page.waitForSelector(".watching li", { timeout: 60_000 });
  await page.waitForFunction(
    () => {
      const canvas = document.querySelector(".watching canvas");
      if (!canvas?.width) return false;
      return canvas
        .getContext("2d")
        .getImageData(0, 0, canvas.width, canvas.height)
        .data.some((value) => value > 0);
    },
    undefined,
    { timeout: 120_000 },
  );
  const stages = await page.locator(".watching li").allTextContents();
  await page.screenshot({ path: process.env.SHOT });
  assert.ok(
    stages.some((text) => text.startsWith("Learning")),
    stages.join(" | "),
  );
  assert.ok((await page.locator(".watching aside svg").count()) > 0, "losses are drawn");
  console.log("  ok   stages, losses and forming places are shown");
  await page.waitForSelector(".stage canvas", { timeout: 120_000 });
  await page.waitForSelector(".legend li", { timeout: 20_000 });
  console.log("  ok   the page turned into the explorer by itself");
  await page.getByRole("button", { name: "How it formed" }).click();
  const slider = page.locator(".film input");
  await slider.evaluate((input) => {
    input.value = String(Math.floor(Number(input.max) / 2));
    input.dispatchEvent(new Event("input", { bubbles: true }));
  });
  await page.waitForTimeout(500);
  await page.locator(".film button").click();
  assert.equal(await page.locator(".film").count(), 0);
  await page.reload();
  await page.waitForSelector(".stage canvas", { timeout: 20_000 });
  console.log("  ok   one can look back, and come again");
  assert.deepEqual(trouble, []);
  work.kill("SIGINT");
  assert.equal(await ended, 0, "Ctrl-C ends it well");
  console.log("all passed");
} catch (error) {
  console.log(`  FAIL ${error.message} ${trouble.join(" | ")}`);
  process.exitCode = 1;
} finally {
  await browser.close();
  work.kill("SIGKILL");
}
