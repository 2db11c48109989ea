import { type Extent, toMap, toScreen, type View, viewOf, wholeMap } from "./camera";
import { paintGroundPixels } from "./cpu_ground";
import { paintGround } from "./ground";
import type { Context } from "./label_sprites";
import { colorOf } from "./marks";
import { isInside, placeOf } from "./picking";
import type { Terrain } from "./terrain";
import { mapTokens, packRgb, rgbOf } from "./tokens";
import type { SceneState } from "./types";

const MOST_DOTS = 9000;

/** A small picture of the whole map with the window on it; drag to move there. */
export class Minimap {
  private still: HTMLCanvasElement | null = null;
  private end = new AbortController();

  constructor(
    readonly canvas: HTMLCanvasElement,
    private goTo: (x: number, y: number) => void,
    private extent: () => Extent,
  ) {
    const { signal } = this.end;
    const drag = (event: PointerEvent) => {
      if (event.buttons !== 1) return;
      const box = canvas.getBoundingClientRect();
      this.goTo(...toMap(this.view(), event.clientX - box.left, event.clientY - box.top));
    };
    canvas.addEventListener("pointerdown", drag, { signal });
    canvas.addEventListener("pointermove", drag, { signal });
    canvas.style.touchAction = "none";
  }

  /** The map itself has changed. */
  forget(): void {
    this.still = null;
  }

  destroy(): void {
    this.end.abort();
  }

  draw(view: View, state: SceneState, terrain: Terrain): void {
    const own = this.view();
    const [width, height] = [Math.round(own.width * own.dpr), Math.round(own.height * own.dpr)];
    if (width === 0 || height === 0) return;
    if (this.still?.width !== width || this.still.height !== height) this.still = null;
    this.still ??= paintStill(own, state, terrain);
    if (this.canvas.width !== width) this.canvas.width = width;
    if (this.canvas.height !== height) this.canvas.height = height;
    const c = this.canvas.getContext("2d");
    if (!c) return;
    c.setTransform(1, 0, 0, 1, 0, 0);
    c.drawImage(this.still, 0, 0);
    c.scale(own.dpr, own.dpr);
    drawWindow(c, own, view, mapTokens(state.theme).accent);
  }

  private view(): View {
    const { clientWidth, clientHeight } = this.canvas;
    const dpr = Math.max(globalThis.devicePixelRatio || 1, 1);
    return viewOf(wholeMap(this.extent()), this.extent(), { width: clientWidth, height: clientHeight, dpr });
  }
}

function drawWindow(c: Context, own: View, view: View, color: string): void {
  const low = toScreen(own, ...toMap(view, 0, 0));
  const high = toScreen(own, ...toMap(view, view.width, view.height));
  const left = Math.max(low[0], 1);
  const top = Math.max(low[1], 1);
  const width = Math.max(Math.min(high[0], own.width - 1) - left, 4);
  const height = Math.max(Math.min(high[1], own.height - 1) - top, 4);
  c.strokeStyle = color;
  c.lineWidth = 1.5;
  c.beginPath();
  c.roundRect(left, top, width, height, 3);
  c.stroke();
}

function paintStill(own: View, state: SceneState, terrain: Terrain): HTMLCanvasElement {
  const canvas = document.createElement("canvas");
  canvas.width = Math.round(own.width * own.dpr);
  canvas.height = Math.round(own.height * own.dpr);
  const c = canvas.getContext("2d");
  if (!c) return canvas;
  const tokens = mapTokens(state.theme);
  const { frame, land, wide } = terrain.density;
  const image = c.createImageData(canvas.width, canvas.height);
  const ground = { frame, colors: paintGround(land, wide, tokens), sea: packRgb(rgbOf(tokens.sea)) };
  const pixels = new Uint32Array(image.data.buffer);
  paintGroundPixels({ pixels, top: 0, height: canvas.height }, own, ground);
  c.putImageData(image, 0, 0);
  c.scale(own.dpr, own.dpr);
  drawDots(c, own, state, terrain, tokens.grey);
  return canvas;
}

function drawDots(c: Context, own: View, state: SceneState, terrain: Terrain, grey: string): void {
  const { points } = terrain;
  const step = Math.max(Math.floor(points.n / MOST_DOTS), 1);
  const side = Math.min(Math.max(0.9, 60 / Math.sqrt(points.n)), 2);
  for (let row = 0; row < points.n; row += step) {
    const inside = isInside(state.inside, row);
    const [x, y] = toScreen(own, ...placeOf(points, row));
    c.globalAlpha = inside ? 0.75 : 0.4;
    c.fillStyle = inside ? colorOf(state.colors, row) : grey;
    c.fillRect(x - side / 2, y - side / 2, side, side);
  }
}
