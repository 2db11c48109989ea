// node tests/e2e/folder.mjs ADDRESS: a static folder on a plain web server does what one file does, and shows pictures.
import assert from "node:assert/strict";
import { launch, watchedPage } from "./browser.mjs";
import { oneFile } from "./journeys.mjs";

const address = process.argv[2];
let failed = 0;
const step = async (name, work) => {
  try {
    await work();
    console.log(`  ok   ${name.replace("one file", "folder")}`);
  } catch (error) {
    failed++;
    console.log(`  FAIL ${name}: ${error.message.split("\n").slice(0, 12).join(" | ")}`);
  }
};

async function lazily(browser) {
  const { context, page, trouble } = await watchedPage(browser, address);
  const asked = [];
  page.on("request", (request) => asked.push(request.url().slice(address.length)));
  await page.goto(address);
  await page.waitForSelector(".legend li", { timeout: 20_000 });
  await page.waitForTimeout(800);
  await step("folder: only the files that are looked at are fetched", async () => {
    const columns = asked.filter((name) => name.startsWith("data/column/"));
    assert.ok(asked.includes("data/map.bin") && asked.includes("data/places.bin"), asked.join(" "));
    assert.ok(columns.length > 0 && columns.length < 12, columns.join(" "));
    assert.deepEqual(
      asked.filter((name) => name.startsWith("api/")),
      [],
    );
  });
  await step(
    "folder: a row's picture and neighbors are shown, nothing that needs a server is offered",
    async () => {
      await page.goto(`${address}#tab=row&row=7`);
      await page.reload();
      await page.waitForFunction(
        () => [...document.querySelectorAll("img")].some((img) => img.naturalWidth > 0),
        undefined,
        { timeout: 10_000 },
      );
      const text = await page.locator("#panel-body").textContent();
      assert.doesNotMatch(text, /Why is it here|why here/i);
    },
  );
  await step("folder: nothing failed", async () => assert.equal(trouble.join("\n"), ""));
  await context.close();
}

const browser = await launch();
try {
  await oneFile(browser, address, step);
  await lazily(browser);
} finally {
  await browser.close();
}
console.log(failed ? `${failed} failed` : "all passed");
process.exit(failed ? 1 : 0);
