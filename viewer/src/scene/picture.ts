import type { Size, View } from "./camera";
import type { Overlay, OverlayParts } from "./overlay";
import { frameOf } from "./painter";
import type { Renderer } from "./renderer";
import type { SceneState } from "./types";

export interface PictureRequest {
  renderer: Renderer;
  overlay: Overlay;
  state: SceneState;
  parts: OverlayParts;
  flight: number;
  /** The camera's view in a window of another size. */
  view(size: Size): View;
  shown: Size;
  wanted: { width: number; height: number };
}

/** Window that shows at the wanted size what the shown one does: type and points grow along. */
export function pictureSize(shown: Size, wanted: { width: number; height: number }): Size {
  const dpr = Math.min(wanted.width / shown.width, wanted.height / shown.height);
  return { width: wanted.width / dpr, height: wanted.height / dpr, dpr };
}

/** The whole map, every row drawn, as a PNG of the wanted size in pixels. */
export async function composePicture(request: PictureRequest): Promise<Blob> {
  const { renderer, overlay, state, parts, flight, wanted } = request;
  const view = request.view(pictureSize(request.shown, wanted));
  const ground = await renderer.snapshot(frameOf(view, state, 1, flight));
  const canvas = document.createElement("canvas");
  canvas.width = wanted.width;
  canvas.height = wanted.height;
  const c = canvas.getContext("2d");
  if (!c) throw new Error("This browser must offer a 2D canvas to make a picture, but it offers none.");
  c.drawImage(ground, 0, 0);
  overlay.drawInto(c, view, state, parts);
  return new Promise((resolve, reject) => {
    const failed = new Error(`A picture of ${wanted.width} × ${wanted.height} pixels is too large here.`);
    canvas.toBlob((blob) => (blob ? resolve(blob) : reject(failed)), "image/png");
  });
}
