// What a person does, step by step. The map must have a target, a number column, an image or text column and regions.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { watchedPage } from "./browser.mjs";
import { drawing, dropGroups, groups, time, twoMaps } from "./compare.mjs";

const RESTS = 400;

const originOf = (link) => new URL(link).origin;
const count = async (page) =>
  Number((await page.locator("header .count b").textContent({ timeout: 3000 })).replace(/\D/g, ""));
const rest = (page, ms = RESTS) => page.waitForTimeout(ms);

/** How many different colors the map shows: an empty sea has one. */
async function countColors(page) {
  const picture = await page.locator(".stage").screenshot();
  return page.evaluate(async (base64) => {
    const image = new Image();
    image.src = `data:image/png;base64,${base64}`;
    await image.decode();
    const canvas = new OffscreenCanvas(image.width, image.height);
    const pen = canvas.getContext("2d");
    pen.drawImage(image, 0, 0);
    return new Set(new Uint32Array(pen.getImageData(0, 0, image.width, image.height).data.buffer)).size;
  }, picture.toString("base64"));
}

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** No serious fault in what a screen reader and a keyboard meet. */
async function accessible(page) {
  await page.evaluate(AXE);
  // Colors that are still on their way from one theme to the other have no contrast to speak of.
  await page.evaluate(() => {
    const ending = document.getAnimations().filter((a) => a.effect?.getComputedTiming().endTime !== Infinity);
    return Promise.allSettled(ending.map((a) => a.finished));
  });
  const { violations } = await page.evaluate(() => window.axe.run(document, { resultTypes: ["violations"] }));
  const grave = violations.filter((one) => one.impact === "serious" || one.impact === "critical");
  const said = grave.map(
    (one) =>
      `${one.id}: ${one.nodes
        .slice(0, 3)
        .map((node) => node.target.join(" "))
        .join(", ")} (${one.nodes.length})`,
  );
  assert.equal(said.join("; "), "");
}

export async function desktop(browser, link, step) {
  const origin = originOf(link);
  const { context, page, trouble } = await watchedPage(browser, origin);
  const start = Date.now();
  await page.goto(link);
  await page.waitForSelector(".stage canvas", { timeout: 30_000 });
  await page.waitForFunction(() => document.querySelectorAll(".legend li").length > 0, undefined, {
    timeout: 30_000,
  });
  console.log(`  first picture after ${Date.now() - start} ms`);
  await rest(page, 1200);

  await step("the map is drawn", async () => assert.ok((await countColors(page)) > 200));
  await step("accessible at rest", () => accessible(page));
  await step("the token is gone from the address", async () => assert.ok(!page.url().includes("token")));
  await step("a hovered row shows its card", () => hover(page));
  await step("colors follow another column, chosen by typing", () => colorBy(page));
  await step("a key of the legend filters, and again", () => legend(page));
  await step("a brush on a histogram filters the other columns", () => brush(page));
  await step("undo takes the brush back, redo brings it again", () => undo(page));
  await step("a lasso selects rows and says what makes them different", () => lasso(page));
  await step("accessible with a selection", () => accessible(page));
  await step("the address brings the view back", () => reload(page));
  await step("search selects the rows that hold a word", () => search(page));
  await step("the table lists the rows, sorted, by keyboard too", () => table(page));
  await step("a row opens with its fields and neighbors", () => row(page));
  await step("accessible with a row open", () => accessible(page));
  await step("the veil dims rows and says how many", () => veil(page));
  await step("a finding flies to its rows", () => finding(page));
  await step("the confusion matrix selects its cell", () => confusion(page));
  await step("two groups are marked, drawn in two colors and compared", () => groups(page));
  await step("accessible while comparing", () => accessible(page));
  await step("the groups are dropped again", () => dropGroups(page));
  await step("a window over time plays", () => time(page));
  await step("Chinese and back", () => language(page));
  await step("dark and back", () => theme(page));
  await step("help lists the keys and closes", () => help(page));
  await step("the picture is saved", () => picture(page));
  await step("the drawing is saved, and is SVG", () => drawing(page));
  await step("no error, nothing asked off the origin", async () => assert.equal(trouble.join("\n"), ""));
  const state = await context.storageState();
  await context.close();
  return state;
}

async function hover(page) {
  const stage = await page.locator(".stage").boundingBox();
  const spiral = Array.from({ length: 240 }, (_, i) => [Math.cos(i * 0.6) * i, Math.sin(i * 0.6) * i * 0.8]);
  for (const [dx, dy] of spiral) {
    await page.mouse.move(stage.x + stage.width / 2 + dx, stage.y + stage.height / 2 + dy);
    if (await page.locator(".card").isVisible()) return;
    await rest(page, 15);
  }
  await page.waitForSelector(".card", { timeout: 2000 });
}

async function colorBy(page) {
  const before = await page.locator(".legend h2").textContent();
  await page.locator(".end .icon-button").click();
  const items = page.locator("#color-menu .item");
  const names = await items.locator(".label").allTextContents();
  const other = names.find((name) => name !== before && name !== "collection" && name !== names[0]);
  await items.filter({ hasText: other }).first().click();
  await page.waitForFunction((name) => document.querySelector(".legend h2")?.textContent === name, other);
  await page.waitForFunction(() => location.hash.includes("color="));
  await page.keyboard.press("Control+z");
  await page.waitForFunction((name) => document.querySelector(".legend h2")?.textContent === name, before);
}

async function legend(page) {
  const keys = page.locator(".legend li button");
  const said = Number((await keys.nth(0).locator(".quiet").textContent()).replace(/\D/g, ""));
  await keys.nth(0).click();
  await rest(page);
  assert.equal(await count(page), said);
  await keys.nth(1).click();
  await rest(page);
  assert.ok((await count(page)) > said);
  await page.keyboard.press("Escape");
  await rest(page);
  assert.equal(await page.locator("header .count b").count(), 0);
}

async function brush(page) {
  const plot = page.locator("#panel-body .hist svg").first();
  await plot.scrollIntoViewIfNeeded();
  const box = await plot.boundingBox();
  await page.mouse.move(box.x + box.width * 0.3, box.y + 15);
  await page.mouse.down();
  for (const at of [0.35, 0.4, 0.45, 0.5, 0.55]) await page.mouse.move(box.x + box.width * at, box.y + 15);
  await page.mouse.up();
  await rest(page);
  assert.ok((await count(page)) > 0);
  assert.equal(await page.locator("main ul li b").count(), 1);
}

async function undo(page) {
  await page.keyboard.press("Control+z");
  await rest(page);
  assert.equal(await page.locator("header .count b").count(), 0);
  await page.keyboard.press("Control+Shift+z");
  await rest(page);
  assert.ok((await count(page)) > 0);
  await page.keyboard.press("Control+z");
  await rest(page);
}

async function lasso(page) {
  await page.keyboard.press("l");
  const box = await page.locator(".stage").boundingBox();
  const at = (turn) => [
    box.x + box.width * (0.55 + 0.28 * Math.cos(turn)),
    box.y + box.height * (0.5 + 0.36 * Math.sin(turn)),
  ];
  await page.mouse.move(...at(0));
  await page.mouse.down();
  for (let i = 1; i <= 24; i++) await page.mouse.move(...at((i / 25) * 2 * Math.PI));
  await page.mouse.up();
  await page.waitForSelector("[role=tab][aria-selected=true]#tab-selection");
  await page.waitForFunction(() => document.querySelectorAll("#panel-body .bar span").length > 0, undefined, {
    timeout: 10_000,
  });
  const rows = await count(page);
  assert.ok(rows > 0);
  assert.match(
    await page.locator(".bar[role=toolbar] b").textContent(),
    new RegExp(rows.toLocaleString("en-US")),
  );
}

async function reload(page) {
  await rest(page, 700);
  const [before, address] = [await count(page), page.url()];
  await page.goto("about:blank");
  await page.goto(address);
  await page.waitForSelector("header .count b", { timeout: 15_000 });
  await rest(page, 800);
  assert.equal(await count(page), before);
  assert.equal(await page.locator("#tab-selection").getAttribute("aria-selected"), "true");
  await page.keyboard.press("Escape");
  await rest(page);
}

async function search(page) {
  await page.keyboard.press("/");
  await page.keyboard.type(process.env.E2E_WORD ?? "bowl", { delay: 20 });
  await page.waitForFunction(() => document.querySelectorAll("#found [role=option]").length > 0, undefined, {
    timeout: 8000,
  });
  await page.keyboard.press("Enter");
  await page.waitForSelector("header .count b");
  await rest(page);
  assert.ok((await count(page)) > 0);
  await page.keyboard.press("Escape");
}

async function table(page) {
  await page.keyboard.press("r");
  await page.waitForSelector("#rows tbody tr:not(.pad)");
  await rest(page);
  const column = page.locator("#rows th button").last();
  await column.click();
  await page.waitForSelector('#rows th[aria-sort="ascending"]');
  await column.click();
  await page.waitForSelector('#rows th[aria-sort="descending"]');
  await page.locator("#rows [role=group]").focus();
  await page.keyboard.press("ArrowDown");
  await page.waitForSelector("#rows tr.on");
  await page.locator("#rows [role=group]").evaluate((box) => box.scrollTo(0, box.scrollHeight));
  await rest(page);
  assert.ok((await page.locator("#rows tbody tr:not(.pad)").count()) > 3);
}

async function row(page) {
  await page.locator("#rows tbody tr:not(.pad)").nth(2).click();
  await page.waitForSelector("#panel-body h2.title");
  await page.waitForFunction(() => document.querySelectorAll("#panel-body dl dd").length > 5);
  await page.waitForFunction(
    () => document.querySelectorAll("#panel-body .strip button, #panel-body ol button").length >= 10,
  );
  await page.keyboard.press("r");
}

async function veil(page) {
  await page.keyboard.press("Escape");
  await page.keyboard.press("u");
  await page.waitForSelector(".veil input[type=range]");
  await rest(page);
  const dimmed = async () => Number((await page.locator(".veil b").textContent()).replace(/\D/g, ""));
  const few = await dimmed();
  await page.locator(".veil input[type=range]").fill("12");
  await rest(page);
  assert.ok((await dimmed()) > few);
  await page.keyboard.press("u");
}

async function finding(page) {
  await page.keyboard.press("1");
  await page.locator("#panel-body button.finding").first().click();
  await page.waitForSelector("header .count b");
  assert.ok((await count(page)) > 0);
  await rest(page);
  await page.keyboard.press("Escape");
  await page.keyboard.press("0");
}

async function confusion(page) {
  await page.keyboard.press("1");
  const cell = page.locator("#panel-body table button:enabled").nth(1);
  const said = Number((await cell.getAttribute("aria-label")).replace(/,/g, "").match(/(\d+)$/)[1]);
  await cell.click();
  await page.waitForSelector("header .count b");
  await rest(page);
  assert.equal(await count(page), said);
  await page.keyboard.press("Escape");
}

async function language(page) {
  await page.locator("header .language").click();
  await page.waitForFunction(() => document.documentElement.lang === "zh-Hans");
  assert.equal((await page.locator("#tab-map").textContent()).trim(), "地图");
  await page.locator("header .language").click();
  await page.waitForFunction(() => document.documentElement.lang === "en");
}

async function theme(page) {
  await page.keyboard.press("d");
  await page.waitForFunction(() => document.documentElement.dataset.theme === "dark");
  await accessible(page);
  await page.keyboard.press("d");
  await page.waitForFunction(() => document.documentElement.dataset.theme === "light");
}

async function help(page) {
  await page.keyboard.press("?");
  await page.waitForSelector("dialog[open] kbd");
  await page.keyboard.press("Escape");
  await page.waitForFunction(() => !document.querySelector("dialog"));
}

async function picture(page) {
  await page.locator(".export .icon-button").click();
  const [file] = await Promise.all([
    page.waitForEvent("download", { timeout: 20_000 }),
    page.locator(".export .item").first().click(),
  ]);
  assert.match(file.suggestedFilename(), /\.png$/);
}

export async function phone(browser, link, step, storageState) {
  const origin = originOf(link);
  const options = {
    viewport: { width: 390, height: 844 },
    hasTouch: true,
    isMobile: true,
    deviceScaleFactor: 2,
    storageState,
  };
  const { context, page, trouble } = await watchedPage(browser, origin, options);
  await page.goto(origin);
  await step("phone: map, chips and sheet stand in 390 px", async () => {
    await page.waitForSelector(".stage canvas", { timeout: 15_000 });
    await page.waitForSelector(".chips button");
    const wide = await page.evaluate(() => document.documentElement.scrollWidth);
    assert.ok(wide <= 390, `the page is ${wide} px wide`);
  });
  await step("phone: a chip filters, the sheet rises", async () => {
    await page.locator(".chips button").first().tap();
    await rest(page);
    assert.match(await page.locator("header .sub").textContent(), /of/);
    await page.locator("#tab-selection").tap();
    await page.waitForSelector("aside.tall");
    await rest(page, 800);
  });
  await step("phone: search spans the bar and a row lifts the sheet", async () => {
    await page.locator("header .seek").tap();
    await page.locator("#search").fill("17");
    await page.waitForSelector("#found [role=option]");
    await page.keyboard.press("Enter");
    await page.waitForSelector("aside.tall #panel-body h2.title");
    assert.match(await page.locator("#panel-body h2.title").textContent(), /17/);
  });
  await step("phone: accessible", () => accessible(page));
  await step("phone: no error", async () => assert.equal(trouble.join("\n"), ""));
  await context.close();
}

export async function serverGone(browser, server, step, storageState) {
  const { context, page } = await watchedPage(browser, originOf(server.link), { storageState });
  await page.goto(originOf(server.link));
  await page.waitForSelector(".stage canvas", { timeout: 15_000 });
  await rest(page, 800);
  server.stop();
  await rest(page, 600);
  await step("a server that went away shows a clear face, the map stays", async () => {
    await page.keyboard.press("n");
    await page.waitForSelector(".trouble", { timeout: 8000 });
    assert.ok(await page.locator(".stage canvas").first().isVisible());
  });
  await context.close();
}

export async function besideEachOther(browser, link, step) {
  const { context, page, trouble } = await watchedPage(browser, originOf(link));
  await page.goto(link);
  await step("two maps: linked selection, movers, a flight there and back", () => twoMaps(page));
  await step("two maps: accessible", () => accessible(page));
  await step("two maps: no error", async () => assert.equal(trouble.join("\n"), ""));
  await context.close();
}

/** The same page from disk: no server, no network. */
export async function oneFile(browser, address, step) {
  const { context, page, trouble } = await watchedPage(browser, address);
  const start = Date.now();
  await page.goto(address);
  await page.waitForSelector(".legend li", { timeout: 20_000 });
  console.log(`  one file: first picture after ${Date.now() - start} ms`);
  await rest(page, 1000);
  await step("one file: the map is drawn from disk", async () => assert.ok((await countColors(page)) > 200));
  await step("one file: a hovered row shows its card", () => hover(page));
  await step("one file: a lasso selects and compares", () => lasso(page));
  await step("one file: search finds rows", async () => {
    await page.keyboard.press("Escape");
    await page.keyboard.press("Escape");
    await search(page);
  });
  await step("one file: rows leave as CSV", async () => {
    await page.locator(".export .icon-button").click();
    const csv = page.locator(".export .item", { hasText: "CSV" });
    const [file] = await Promise.all([page.waitForEvent("download", { timeout: 10_000 }), csv.click()]);
    assert.match(file.suggestedFilename(), /\.csv$/);
  });
  await step("one file: no error, no request", async () => assert.equal(trouble.join("\n"), ""));
  await context.close();
}
