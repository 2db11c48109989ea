import { createScene, type Scene, type SceneState } from "../../src/scene";
import { packRgb, rgbOf } from "../../src/scene/tokens";
import { groups } from "./made";

const { points, group } = groups(20_000, 6);
const second = groups(20_000, 3, 99).points;
const PALETTE = ["#0D76C8", "#D2500E", "#0B6A50", "#BB8D38", "#784693", "#08A0A6"];

const state: SceneState = {
  points,
  colors: { index: group, palette: Uint32Array.from(PALETTE, (color) => packRgb(rgbOf(color))) },
  inside: null,
  veil: null,
  labels: [{ id: 1, level: 0, text: "A region", x: 0, y: 0, nRows: 100 }],
  theme: "light",
  tool: "pan",
  highlighted: null,
  threads: null,
  lasso: null,
  images: null,
  morph: null,
  density: true,
  contours: true,
  labelsOn: true,
  pointScale: 1,
};

export interface Heard {
  hover: (number | null)[];
  click: [number | null, boolean][];
  lasso: { polygon: number[]; mode: string }[];
  frames: number;
}

const heard: Heard = { hover: [], click: [], lasso: [], frames: 0 };
const host = document.querySelector<HTMLElement>("#host");
const small = document.querySelector<HTMLElement>("#mini");
if (!host || !small) throw new Error("The page must have a host and a small canvas.");
document.body.style.margin = "0";
host.style.width = "800px";
host.style.height = "600px";
small.style.width = "120px";
small.style.height = "100px";

function mount(renderer: "cpu" | "webgl2" | "auto"): Scene {
  return createScene(
    host as HTMLElement,
    state,
    {
      hover: (row) => heard.hover.push(row),
      click: (row, shift) => heard.click.push([row, shift]),
      lasso: (polygon, mode) => heard.lasso.push({ polygon: [...polygon], mode }),
      frame: () => {
        heard.frames++;
      },
    },
    { renderer },
  );
}

/** Channels of the picture under the middle of each of 5 × 4 fields of the window. */
async function sample(scene: Scene): Promise<number[][]> {
  const picture = await createImageBitmap(await scene.picture(800, 600));
  const canvas = new OffscreenCanvas(800, 600);
  const c = canvas.getContext("2d");
  c?.drawImage(picture, 0, 0);
  const spots = Array.from({ length: 20 }, (_, k) => [80 + (k % 5) * 160, 75 + Math.floor(k / 5) * 150]);
  return spots.map(([x, y]) => [...(c?.getImageData(x - 20, y - 20, 40, 40).data ?? [])]);
}

const page = { mount, state, second, heard, sample, scene: mount("auto") };

declare global {
  interface Window {
    test: typeof page;
  }
}
window.test = page;
