// What a person meets who uses the keyboard alone, or who wants nothing to move.
import assert from "node:assert/strict";
import { watchedPage } from "./browser.mjs";

const MOST_STOPS = 400;

async function opened(browser, origin, options) {
  const { context, page } = await watchedPage(browser, origin, options);
  await page.goto(origin);
  await page.waitForSelector(".legend li", { timeout: 30_000 });
  await page.waitForTimeout(800);
  return { context, page };
}

/** What has the focus: the part of the page it is in, its name, whether it can be seen and shows that it is focused. */
const focused = (page) =>
  page.evaluate(() => {
    const it = document.activeElement;
    if (!it || it === document.body) return null;
    const box = it.getBoundingClientRect();
    const accent = getComputedStyle(document.documentElement).getPropertyValue("--accent").trim();
    const probe = document.createElement("i");
    probe.style.color = accent;
    // An outline; for the grips of a brush the accent itself; for a field the frame around it.
    const ring = (one) =>
      getComputedStyle(one).outlineStyle !== "none" || getComputedStyle(one).fill === probe.style.color;
    let part = it.classList.contains("skip") ? "skip" : "other";
    for (const name of ["header", "main", "aside", "dialog"]) if (it.closest(name)) part = name;
    const around = [it, it.parentElement, it.nextElementSibling, it.querySelector("rect")].filter(Boolean);
    const hasFrame = it.tagName === "INPUT" && getComputedStyle(it.parentElement).boxShadow !== "none";
    return {
      part: it.closest("aside header") ? "aside" : part,
      name: `${it.tagName} ${it.className} ${it.getAttribute("aria-label") ?? it.textContent.trim().slice(0, 30)}`,
      isSeen: box.width > 0 && box.height > 0 && box.bottom > 0 && box.top < innerHeight,
      hasRing: it.matches(":focus-visible") && (around.some(ring) || hasFrame),
    };
  });

/** Every stop of the Tab key from the first to the last. */
async function walk(page) {
  const stops = [];
  for (let k = 0; k < MOST_STOPS; k++) {
    await page.keyboard.press("Tab");
    const stop = await focused(page);
    if (!stop) return stops;
    stops.push(stop);
  }
  throw new Error(`the focus has not come round after ${MOST_STOPS} stops`);
}

export async function focusOrder(browser, origin, step, storageState) {
  const { context, page } = await opened(browser, origin, { storageState });
  let stops = [];
  await step("keyboard: Tab goes skip link, bar, map, panel, and comes round", async () => {
    stops = await walk(page);
    const parts = stops.map((stop) => stop.part).filter((part, k, all) => part !== all[k - 1]);
    assert.deepEqual(parts, ["skip", "header", "main", "aside"]);
  });
  await step("keyboard: every stop can be seen and shows its ring", async () => {
    assert.deepEqual(
      stops.filter((stop) => !stop.isSeen || !stop.hasRing).map((stop) => stop.name),
      [],
    );
    assert.ok(stops.length > 20);
  });
  await step("keyboard: the skip link leads to the panel", async () => {
    await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    assert.equal(await page.evaluate(() => document.activeElement?.id), "panel-body");
  });
  await step("keyboard: help keeps the focus inside and gives it back", async () => {
    const button = page.getByRole("button", { name: "Keyboard" });
    await button.focus();
    await page.keyboard.press("Enter");
    await page.waitForSelector("dialog[open]");
    await page.keyboard.press("Tab");
    const inside = await focused(page);
    assert.ok(inside === null || inside.part === "dialog", inside?.name);
    await page.keyboard.press("Shift+Tab");
    await page.keyboard.press("Escape");
    await page.waitForFunction(() => !document.querySelector("dialog"));
    assert.ok(await button.evaluate((one) => one === document.activeElement));
  });
  await context.close();
}

/** Longest transition or animation under way, in milliseconds. */
const longest = (page) =>
  page.evaluate(() =>
    Math.max(
      0,
      ...document.getAnimations().map((one) => one.effect?.getComputedTiming().activeDuration ?? 0),
    ),
  );

async function stir(page) {
  let most = 0;
  for (const key of ["d", "r", "r", "u", "u", "+", "0", "d"]) {
    await page.keyboard.press(key);
    most = Math.max(most, await longest(page));
  }
  return most;
}

export async function stillness(browser, origin, step, storageState) {
  await step(
    "no motion: nothing on the page moves for who wants that, and something does for others",
    async () => {
      const found = {};
      for (const reducedMotion of ["reduce", "no-preference"]) {
        const { context, page } = await opened(browser, origin, { storageState, reducedMotion });
        found[reducedMotion] = await stir(page);
        await context.close();
      }
      assert.equal(found.reduce, 0);
      assert.ok(found["no-preference"] > 0);
    },
  );
}
