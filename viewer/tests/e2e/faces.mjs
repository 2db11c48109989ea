// What a person sees when the map is not as it should be. Answers of the server are changed on their way.
import assert from "node:assert/strict";
import { watchedPage } from "./browser.mjs";

const READY = { timeout: 20_000 };

/** Opens the page with `/api/map` (and other answers) changed. */
async function opened(browser, origin, storageState, change, more = {}) {
  const { context, page, trouble } = await watchedPage(browser, origin, { storageState });
  if (change)
    await page.route("**/api/map", async (route) => {
      const answer = await route.fetch();
      await route.fulfill({ response: answer, json: change(await answer.json()) });
    });
  for (const [path, handle] of Object.entries(more)) await page.route(path, handle);
  await page.goto(origin);
  return { context, page, trouble };
}

const faceOf = async (page) => {
  await page.waitForSelector(".start button", READY);
  return page.locator(".start").textContent();
};

export async function faces(browser, origin, step, storageState) {
  const say = async (name, change, more, pattern) =>
    step(`face: ${name}`, async () => {
      const { context, page } = await opened(browser, origin, storageState, change, more);
      assert.match(await faceOf(page), pattern);
      assert.ok(await page.locator(".start button").isVisible());
      await context.close();
    });
  await say("a newer format", (info) => ({ ...info, format: 2 }), {}, /newer Belvedere/);
  await say("an older format", (info) => ({ ...info, format: 0 }), {}, /older Belvedere/);
  await say("a description that is none", () => ["nothing"], {}, /cannot be read/);
  const cut = { "**/api/places*": (route) => route.fulfill({ status: 200, body: Buffer.alloc(10) }) };
  await say("truncated places", null, cut, /cannot be read/);
  const gone = { "**/api/places*": (route) => route.fulfill({ status: 404, json: { detail: "gone" } }) };
  await say("missing places", null, gone, /not complete/);
  const refused = { "**/api/**": (route) => route.fulfill({ status: 401, body: "no" }) };
  await say("a browser without the key", null, refused, /no key/);
  const away = { "**/api/**": (route) => route.abort() };
  await say("a server that is not there", null, away, /does not answer/);

  await step("face: no rows", () => few(browser, origin, storageState, 0));
  await step("face: one row", () => few(browser, origin, storageState, 1));
  await step("face: 5,000 columns", () => wide(browser, origin, storageState));
  await step("face: hostile names stay text", () => hostile(browser, origin, storageState));
}

async function few(browser, origin, storageState, nRows) {
  const change = (info) => ({ ...info, nRows, findings: [], regions: info.regions.slice(0, 1) });
  const { context, page, trouble } = await opened(browser, origin, storageState, change);
  await page.waitForSelector("#tab-map", READY);
  await page.waitForTimeout(900);
  if (nRows === 0) assert.match(await page.locator("main").textContent(), /no rows/);
  else {
    await page.waitForSelector(".stage canvas", READY);
    await page.keyboard.press("Enter");
    await page.waitForSelector("#panel-body h2.title", READY);
  }
  assert.equal(trouble.filter((one) => one.startsWith("error")).join("\n"), "");
  await context.close();
}

async function wide(browser, origin, storageState) {
  const WANTED = 5000;
  let like = null;
  const change = (info) => {
    like = info.columns.find((column) => column.dtype === "u16q" && column.group === "data");
    const more = Array.from({ length: WANTED - info.columns.length }, (_, i) => ({
      ...like,
      index: info.columns.length + i,
      name: `made ${i}`,
      role: "input",
    }));
    return { ...info, columns: [...info.columns, ...more] };
  };
  const column = {
    "**/api/column/*": async (route) => {
      const index = Number(route.request().url().split("/").pop());
      if (like && index >= like.index && index > 40)
        await route.continue({ url: route.request().url().replace(/\d+$/, String(like.index)) });
      else await route.continue();
    },
  };
  const { context, page, trouble } = await opened(browser, origin, storageState, change, column);
  await page.waitForSelector(".stage canvas", READY);
  const more = page.locator("#panel-body .aside button", { hasText: /5,000|4,9\d\d/ });
  await more.first().click(READY);
  await page.getByRole("searchbox").fill("made 4321");
  await page.waitForFunction(
    () =>
      [...document.querySelectorAll("#panel-body .column .cut")].some(
        (one) => one.textContent === "made 4321",
      ),
    undefined,
    READY,
  );
  assert.equal(trouble.join("\n"), "");
  await context.close();
}

async function hostile(browser, origin, storageState) {
  const evil = '<img src=x onerror="window.evil=1">\u202e{n}';
  const change = (info) => ({
    ...info,
    name: evil,
    columns: info.columns.map((column, i) => (i ? column : { ...column, name: evil, label: evil })),
    regions: info.regions.map((region) => ({ ...region, name: evil })),
    findings: info.findings.map((finding) => ({ ...finding, sentence: evil })),
  });
  const { context, page } = await opened(browser, origin, storageState, change);
  await page.waitForSelector(".stage canvas", READY);
  await page.waitForTimeout(900);
  assert.equal(await page.evaluate(() => window.evil), undefined);
  assert.equal((await page.locator("h1").textContent()).includes("<img"), true);
  await context.close();
}

/** A browser that comes without the link: a page, not a line of text. */
export async function locked(browser, origin, step) {
  await step("without the link: a page in both languages", async () => {
    const context = await browser.newContext();
    const page = await context.newPage();
    const answer = await page.goto(origin);
    assert.equal(answer.status(), 401);
    assert.match(await page.locator("main").textContent(), /by its link only[\s\S]*请用链接打开/);
    assert.notEqual(await page.locator("main").evaluate((one) => getComputedStyle(one).borderRadius), "0px");
    await context.close();
  });
}
