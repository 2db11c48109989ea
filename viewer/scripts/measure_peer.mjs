// node scripts/measure_peer.mjs ADDRESS: when another viewer has drawn, and how long its frames take, as JSON.
import { launch } from "../tests/e2e/browser.mjs";

const address = process.argv[2];
const WAIT_MS = Number(process.argv[3] ?? 60_000);
const STEPS = 5;

/** Pixels in strong color, as points have and words have not. */
async function countColored(page) {
  const clip = { x: 8, y: 8, width: 1200, height: 800 };
  const shot = (await page.screenshot({ clip, timeout: WAIT_MS })).toString("base64");
  return page.evaluate(async (base64) => {
    const picture = await createImageBitmap(await (await fetch(`data:image/png;base64,${base64}`)).blob());
    const pen = new OffscreenCanvas(picture.width, picture.height).getContext("2d");
    pen.drawImage(picture, 0, 0);
    const { data } = pen.getImageData(0, 0, picture.width, picture.height);
    let colored = 0;
    for (let i = 0; i < data.length; i += 4) {
      const [r, g, b] = data.subarray(i, i + 3);
      if (Math.max(r, g, b) - Math.min(r, g, b) > 60) colored++;
    }
    return colored;
  }, shot);
}

const browser = await launch();
const page = await (await browser.newContext({ viewport: { width: 1216, height: 816 } })).newPage();
page.setDefaultTimeout(WAIT_MS);
const said = [];
page.on("console", (message) => message.type() === "error" && said.push(message.text().slice(0, 160)));
page.on("pageerror", (error) => said.push(error.message.slice(0, 160)));
const start = Date.now();
const result = { drew: false };
try {
  await page.goto(address);
  await page.waitForFunction(() => window.asked === true);
  while (!result.drew && Date.now() - start < WAIT_MS) {
    result.drew = (await countColored(page)) > 5000;
    if (!result.drew) await page.waitForTimeout(300);
  }
  if (result.drew) {
    result.first_picture_ms = Date.now() - start;
    await page.mouse.move(600, 400);
    const times = [];
    for (let step = 0; step < STEPS; step++) {
      const began = Date.now();
      await page.mouse.wheel(0, step % 2 ? 240 : -240);
      // A screenshot waits until the frame has really been painted, which reading the clock does not.
      await page.screenshot({ clip: { x: 300, y: 300, width: 8, height: 8 }, timeout: WAIT_MS });
      times.push(Date.now() - began);
    }
    result.zoom = { settled_ms: { median: times.sort((a, b) => a - b)[2], worst: times.at(-1) } };
  }
} catch (error) {
  said.push(error.message.split("\n")[0]);
}
await browser.close();
console.log(JSON.stringify({ ...result, said: said.slice(0, 3) }));
process.exit(0);
