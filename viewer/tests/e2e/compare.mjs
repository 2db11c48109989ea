// Two groups, a window over time, a second map, the drawing to print.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";

const rest = (page, ms = 500) => page.waitForTimeout(ms);

async function circle(page, selector, cx, rx = 0.16) {
  await page.keyboard.press("l");
  const box = await page.locator(selector).first().boundingBox();
  const at = (turn) => [
    box.x + box.width * (cx + rx * Math.cos(turn)),
    box.y + box.height * (0.5 + 0.42 * Math.sin(turn)),
  ];
  await page.mouse.move(...at(0));
  await page.mouse.down();
  for (let i = 1; i <= 24; i++) await page.mouse.move(...at((i / 25) * 2 * Math.PI));
  await page.mouse.up();
  await rest(page);
}

export async function groups(page) {
  await circle(page, ".stage", 0.35, 0.2);
  await page.keyboard.press("Shift+A");
  await rest(page);
  await circle(page, ".stage", 0.7, 0.2);
  await page.keyboard.press("Shift+B");
  await page.waitForFunction(() => document.querySelectorAll(".legend .group").length === 2);
  await page.waitForFunction(() => document.querySelectorAll("#panel-body .bar span").length > 0, undefined, {
    timeout: 10_000,
  });
  assert.match(await page.locator("#panel-body").textContent(), /A against B/);
  const keys = await page.locator(".legend .group .quiet").allTextContents();
  assert.ok(
    keys.every((text) => Number(text.replace(/\D/g, "")) > 0),
    keys.join(),
  );
  await page.waitForFunction(() => /[#&]a=/.test(location.hash) && /[#&]b=/.test(location.hash));
}

export async function dropGroups(page) {
  for (const _ of [0, 1])
    await page.locator("#panel-body .groups button[aria-label^='Drop']").first().click();
  await page.waitForFunction(() => !document.querySelector("#panel-body .groups .a:not(.empty)"));
  await page.keyboard.press("1");
}

export async function time(page) {
  await page.keyboard.press("y");
  await page.locator(".play").waitFor();
  await page.keyboard.press("Shift+Y");
  await page.waitForSelector("header .count b", { timeout: 8000 });
  const first = await page.locator(".bar .now").textContent();
  await rest(page, 900);
  await page.keyboard.press("Shift+Y");
  assert.notEqual(await page.locator(".bar .now").textContent(), first);
  await page.locator(".bar .close").click();
  await page.keyboard.press("Escape");
  await page.keyboard.press("Escape");
  await rest(page);
  assert.equal(await page.locator("header .count b").count(), 0);
}

export async function drawing(page) {
  await page.locator(".export .icon-button").click();
  const [file] = await Promise.all([
    page.waitForEvent("download", { timeout: 20_000 }),
    page.locator(".export .item", { hasText: "SVG" }).click(),
  ]);
  const text = readFileSync(await file.path(), "utf8");
  assert.match(text, /^<svg [^>]*width="180mm"/);
  const faults = await page.evaluate(
    (svg) => new DOMParser().parseFromString(svg, "image/svg+xml").querySelectorAll("parsererror").length,
    text,
  );
  assert.equal(faults, 0);
}

/** The same map twice: nobody moved, both maps select the same rows. */
export async function twoMaps(page) {
  await page.waitForSelector(".second canvas", { timeout: 20_000 });
  await rest(page, 900);
  await page.keyboard.press("0");
  await circle(page, ".second", 0.5, 0.25);
  await page.waitForSelector("header .count b");
  await page.waitForFunction(() => decodeURIComponent(location.hash).includes("beside:"));
  await page.keyboard.press("Escape");
  await page.keyboard.press("Escape");
  await page.keyboard.press("1");
  await page.waitForFunction(
    () => /kept its neighbors|of 15 changed/.test(document.getElementById("panel-body").textContent),
    undefined,
    { timeout: 30_000 },
  );
  await page.getByRole("button", { name: "Fly there" }).click();
  await page.getByRole("button", { name: "Fly back" }).click();
  await rest(page, 1200);
}
