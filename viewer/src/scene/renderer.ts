import type { View } from "./camera";
import type { FieldFrame } from "./field";

/** Everything a renderer keeps between frames. Point arrays are in draw order. */
export interface Geometry {
  /** x in the low, y in the high half, quantized over `extent`. */
  pairs: Uint32Array;
  extent: [number, number, number, number];
}

export interface Ground {
  frame: FieldFrame;
  /** Opaque 0xAABBGGRR per cell. */
  colors: Uint32Array;
  /** Beyond the frame. */
  sea: number;
}

export interface Mist {
  frame: FieldFrame;
  /** 0…255 per cell. */
  opacity: Uint8Array;
  color: number;
}

/** Rows outside the selection or the filters. */
export interface Context {
  /** One bit per row, in row order: set for rows that are not context. */
  inside: Uint32Array;
  /** Ink of all others. */
  ink: number;
}

/** One picture to draw. */
export interface Frame {
  view: View;
  /** Radius of a point in device pixels. */
  radius: number;
  /** Opacity 0…256 by style byte. */
  opacities: Uint16Array;
  /** Share of the rows to draw, 1 = all. */
  share: number;
  /** True where some rows are context, which lie below all others. */
  hasContext: boolean;
  /** Way from the first layout (0) to the second (1). */
  flight: number;
}

/** The seam between the scene and what paints ground, points and mist. */
export interface Renderer {
  readonly kind: "webgl2" | "cpu";
  readonly canvas: HTMLCanvasElement;
  setGeometry(geometry: Geometry): void;
  /** Places in a second layout, quantized over the same extent; frames say how far the flight there is. */
  setTarget(pairs: Uint32Array | null): void;
  setInk(ink: Uint32Array): void;
  /** Comes with every brush step, so it is small: which rows take the ink of context. Null: none. */
  setContext(context: Context | null): void;
  setGround(ground: Ground): void;
  setMist(mist: Mist | null): void;
  /** Resolves to true when the canvas shows the frame, to false when it gave way to a coarse one asked for later. */
  draw(frame: Frame): Promise<boolean>;
  /** The frame as pixels of its own, the canvas untouched or restored. */
  snapshot(frame: Frame): Promise<CanvasImageSource>;
  destroy(): void;
}
