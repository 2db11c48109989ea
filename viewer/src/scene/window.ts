import type { Size } from "./camera";

export interface Window {
  size(): Size;
  /** Puts another canvas at the bottom in place of the first. */
  replaceBottom(canvas: HTMLCanvasElement): void;
  leave(): void;
}

function stretch(canvas: HTMLCanvasElement): void {
  canvas.setAttribute("aria-hidden", "true");
  const { style } = canvas;
  style.position = "absolute";
  style.left = "0";
  style.top = "0";
  style.width = "100%";
  style.height = "100%";
  style.display = "block";
  style.touchAction = "none";
  style.userSelect = "none";
}

/** Lays canvases over each other in the host, bottom first, and tells when its size changes. */
export function fillHost(host: HTMLElement, canvases: HTMLCanvasElement[], changed: () => void): Window {
  let bottom = canvases[0];
  const layer = document.createElement("div");
  layer.style.position = "absolute";
  layer.style.inset = "0";
  layer.style.overflow = "hidden";
  for (const canvas of canvases) {
    stretch(canvas);
    layer.append(canvas);
  }
  if (getComputedStyle(host).position === "static") host.style.position = "relative";
  host.prepend(layer);
  const observer = new ResizeObserver(changed);
  observer.observe(host);
  return {
    size: () => ({
      width: Math.max(host.clientWidth, 1),
      height: Math.max(host.clientHeight, 1),
      dpr: Math.max(globalThis.devicePixelRatio || 1, 1),
    }),
    replaceBottom(canvas) {
      stretch(canvas);
      bottom.replaceWith(canvas);
      bottom = canvas;
    },
    leave() {
      observer.disconnect();
      layer.remove();
    },
  };
}
