import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { hasBrowser, type OpenPage, openPage } from "./browser";

describe.skipIf(!hasBrowser)("a scene in a browser without a graphics card", () => {
  let open: OpenPage;

  beforeAll(async () => {
    open = await openPage("scene.html", "test");
    await open.page.waitForFunction(() => window.test.heard.frames > 0, undefined, { timeout: 30_000 });
  }, 90_000);

  afterAll(() => open?.close());

  /** Waits for everything asked for to be on screen. */
  const settle = () => open.page.waitForTimeout(500);

  test("the processor draws where WebGL2 is software", async () => {
    expect(await open.page.evaluate(() => window.test.scene.kind)).toBe("cpu");
  });

  test("a wheel over a place zooms in and keeps the place", async () => {
    const before = await open.page.evaluate(() => window.test.scene.camera);
    await open.page.mouse.move(476, 300); // the middle of the map, right of the legend
    await open.page.mouse.wheel(0, -300);
    await settle();

    const after = await open.page.evaluate(() => window.test.scene.camera);
    expect(after.zoom).toBeGreaterThan(before.zoom * 1.3);
    expect(after.x).toBeCloseTo(before.x, 3);
    expect(after.y).toBeCloseTo(before.y, 3);
  });

  test("a drag moves the map with the hand", async () => {
    const before = await open.page.evaluate(() => window.test.scene.camera);
    await open.page.mouse.move(300, 300);
    await open.page.mouse.down();
    await open.page.mouse.move(400, 350, { steps: 4 });
    await open.page.mouse.up();
    await settle();

    const after = await open.page.evaluate(() => window.test.scene.camera);
    expect(after.x).toBeLessThan(before.x);
    expect(after.y).toBeGreaterThan(before.y);
  });

  test("fitting shows the whole map again, and rows fill the window", async () => {
    const cameras = await open.page.evaluate(() => {
      const { scene } = window.test;
      scene.fitTo(Uint32Array.of(1, 2, 3, 4), 0);
      const near = scene.camera;
      scene.fitTo(null, 0);
      return { near, whole: scene.camera };
    });

    expect(cameras.near.zoom).toBeGreaterThan(1);
    expect(cameras.whole).toEqual({ x: 0, y: 0, zoom: 1 });
  });

  test("nothing flies for a person who wants no motion, and zooms fly for all others", async () => {
    const zooms = () =>
      open.page.evaluate(() => {
        const { scene } = window.test;
        scene.fitTo(null, 0);
        scene.zoomBy(2);
        const atOnce = scene.camera.zoom;
        scene.moveTo({ x: 10, y: 5, zoom: 3 });
        const moved = scene.camera;
        scene.fitTo(null, 0);
        return { atOnce, moved };
      });

    await open.page.emulateMedia({ reducedMotion: "reduce" });
    const still = await zooms();
    await open.page.emulateMedia({ reducedMotion: "no-preference" });
    const flying = await zooms();

    expect(still.atOnce).toBeCloseTo(2);
    expect(still.moved).toEqual({ x: 10, y: 5, zoom: 3 });
    expect(flying.atOnce).toBe(1);
  });

  test("a pointer over the map meets a row, a click chooses it, and leaving says so", async () => {
    await settle();
    for (let x = 100; x <= 700; x += 40) {
      await open.page.mouse.move(x, 300);
      await open.page.waitForTimeout(30);
    }
    const rows = await open.page.evaluate(() => window.test.heard.hover.filter((row) => row !== null));
    expect(rows.length).toBeGreaterThan(0);

    await open.page.mouse.click(790, 595);
    expect((await open.page.evaluate(() => window.test.heard.click)).at(-1)).toEqual([null, false]);
    await open.page.mouse.move(400, 650);
    await open.page.waitForTimeout(60);
    expect(await open.page.evaluate(() => window.test.heard.hover.at(-1))).toBeNull();
  });

  test("a lasso tells its polygon in map units, and shift adds", async () => {
    await open.page.evaluate(() => window.test.scene.set({ tool: "lasso" }));
    await open.page.keyboard.down("Shift");
    await open.page.mouse.move(300, 200);
    await open.page.mouse.down();
    for (const [x, y] of [
      [500, 200],
      [500, 400],
      [300, 400],
    ])
      await open.page.mouse.move(x, y, { steps: 5 });
    await open.page.mouse.up();
    await open.page.keyboard.up("Shift");

    const { found, bits } = await open.page.evaluate(() => {
      const last = window.test.heard.lasso.at(-1);
      const mask = window.test.scene.inPolygon(Float32Array.from(last?.polygon ?? []));
      return { found: last, bits: mask.some((word) => word !== 0) };
    });
    expect(found?.mode).toBe("add");
    expect(found?.polygon.length).toBeGreaterThan(12);
    expect(Math.max(...(found?.polygon ?? []))).toBeLessThan(100);
    expect(bits).toBe(true);
  });

  test("a box has four corners", async () => {
    await open.page.evaluate(() => window.test.scene.set({ tool: "box" }));
    await open.page.mouse.move(250, 200);
    await open.page.mouse.down();
    await open.page.mouse.move(450, 380, { steps: 5 });
    await open.page.mouse.up();

    const last = await open.page.evaluate(() => window.test.heard.lasso.at(-1));
    expect(last?.polygon).toHaveLength(8);
    expect(last?.mode).toBe("new");
    await open.page.evaluate(() => window.test.scene.set({ tool: "pan" }));
  });

  test("a picture has the size asked for", async () => {
    const size = await open.page.evaluate(async () => {
      const blob = await window.test.scene.picture(1600, 900);
      const { width, height } = await createImageBitmap(blob);
      return [width, height, blob.type];
    });

    expect(size).toEqual([1600, 900, "image/png"]);
  });

  test("rows fly to a second layout and back to exactly where they were", async () => {
    const same = await open.page.evaluate(async () => {
      const { scene, sample, second } = window.test;
      const wait = () => new Promise((resolve) => setTimeout(resolve, 1500));
      const text = async () => JSON.stringify(await sample(scene));
      const before = await text();
      scene.set({ morph: second });
      await wait();
      const there = await text();
      scene.set({ morph: null });
      await wait();
      return { moved: before !== there, back: before === (await text()) };
    });

    expect(same).toEqual({ moved: true, back: true });
  });

  test("many changes at once cost one frame", async () => {
    await settle();
    const frames = await open.page.evaluate(async () => {
      const { scene, heard, state } = window.test;
      const before = heard.frames;
      for (let k = 0; k < 20; k++) scene.set({ inside: new Uint32Array(625).fill(k) });
      scene.set({ theme: "dark", veil: new Uint8Array(20_000), density: false });
      scene.set({ inside: null, veil: null, density: true, theme: state.theme });
      await new Promise((resolve) => setTimeout(resolve, 500));
      return heard.frames - before;
    });

    expect(frames).toBe(1);
  });

  test("the small map shows the window and follows a hand", async () => {
    const found = await open.page.evaluate(async () => {
      const canvas = document.querySelector<HTMLCanvasElement>("#mini");
      if (!canvas) throw new Error("The page must have a small canvas.");
      window.test.scene.minimap(canvas);
      window.test.scene.camera = { x: 0, y: 0, zoom: 4 };
      const box = canvas.getBoundingClientRect();
      const at = { clientX: box.left + 30, clientY: box.top + 50, buttons: 1 };
      canvas.dispatchEvent(new PointerEvent("pointerdown", at));
      return { camera: window.test.scene.camera, width: canvas.width };
    });

    expect(found.camera.x).toBeLessThan(-20);
    expect(found.camera.zoom).toBe(4);
    expect(found.width).toBeGreaterThanOrEqual(120);
  });

  test("WebGL2 can be asked for, and a lost card hands over to the processor", async () => {
    const kinds = await open.page.evaluate(async () => {
      const scene = window.test.mount("webgl2");
      const before = scene.kind;
      const canvas = document.querySelector<HTMLCanvasElement>("#host canvas");
      canvas?.getContext("webgl2")?.getExtension("WEBGL_lose_context")?.loseContext();
      await new Promise((resolve) => setTimeout(resolve, 500));
      const after = scene.kind;
      scene.destroy();
      return [before, after];
    });

    expect(kinds).toEqual(["webgl2", "cpu"]);
  });

  test("without workers the page's own thread draws the same picture", async () => {
    const same = await open.page.evaluate(async () => {
      const { mount, sample, scene } = window.test;
      scene.fitTo(null, 0);
      const before = JSON.stringify(await sample(scene));
      const kept = window.Worker;
      Reflect.deleteProperty(window, "Worker");
      const plain = mount("cpu");
      await new Promise((resolve) => setTimeout(resolve, 300));
      const after = JSON.stringify(await sample(plain));
      plain.destroy();
      window.Worker = kept;
      return before === after && before.length > 1000;
    });

    expect(same).toBe(true);
  });

  test("a destroyed scene leaves the host empty, and the page had no complaint", async () => {
    const left = await open.page.evaluate(() => {
      window.test.scene.destroy();
      return document.querySelectorAll("#host *").length;
    });

    expect(left).toBe(0);
    expect(open.errors).toEqual([]);
  });
});
