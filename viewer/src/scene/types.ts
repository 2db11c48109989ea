/** The scene's public contract: what the app hands in, what it hears back, what it may ask. */

export type Theme = "light" | "dark";

export interface ScenePoints {
  n: number;
  /** x0,y0,x1,y1,… quantized over `extent`: 0 is its low edge, 65535 its high edge. */
  places: Uint16Array;
  /** [x0, y0, x1, y1] in map units; y grows upward. */
  extent: [number, number, number, number];
}

export interface SceneColors {
  /** Palette slot per row. */
  index: Uint8Array | Uint16Array;
  /** 0xAABBGGRR, so that the bytes in memory read R, G, B, A. */
  palette: Uint32Array;
}

export interface SceneLabel {
  id: number;
  /** 0 is the widest region. */
  level: number;
  text: string;
  x: number;
  y: number;
  nRows: number;
}

export interface Camera {
  /** Map units at the center of the view. */
  x: number;
  y: number;
  /** 1 = the whole map fits. */
  zoom: number;
}

export interface SceneState {
  points: ScenePoints;
  colors: SceneColors;
  /** One bit per row; null = all. Outside rows stay as grey context. */
  inside: Uint32Array | null;
  /** Per row 0 sure … 255 uncertain. */
  veil: Uint8Array | null;
  labels: SceneLabel[];
  theme: Theme;
  tool: "pan" | "lasso" | "box";
  /** Hovered or selected row, drawn as a ring. */
  highlighted: number | null;
  /** Lines to true neighbors: solid to those that are near on the map too, dashed to those that it lost. */
  threads: { from: number; to: number[]; kept?: boolean[] } | null;
  /** Polygon kept on the map, x0,y0,x1,y1,… in map units. */
  lasso: Float32Array | null;
  /** Thumbnails as marks when zoomed in; cell i of the atlas belongs to rows[i]. */
  images: { rows: Uint32Array; atlas: ImageBitmap; cell: number; perLine: number } | null;
  /** Set to a second layout: points fly there. Set to null: they fly back. */
  morph: ScenePoints | null;
  density: boolean;
  contours: boolean;
  labelsOn: boolean;
  pointScale: number;
}

export interface SceneEvents {
  /** The row under the pointer has changed; `at` is the pointer in CSS pixels of the host. Context rows are passed over. */
  hover(row: number | null, at: [number, number]): void;
  click(row: number | null, shift: boolean): void;
  /** A lasso or box has been closed, map units. Shift adds, alt subtracts. */
  lasso(polygon: Float32Array, mode: "new" | "add" | "subtract"): void;
  camera(camera: Camera): void;
  /** A frame is on screen, `ms` after it was begun. */
  frame(ms: number): void;
  /** At rest and zoomed in: up to 1024 row numbers that may show a picture, one per square of the window. */
  visible(rows: Uint32Array): void;
}

export interface Scene {
  readonly kind: "webgl2" | "cpu";
  /** Changes of one moment cost one frame, however many. Hand in new arrays; a changed old one is not noticed. */
  set(change: Partial<SceneState>): void;
  /** Setting it moves at once. */
  camera: Camera;
  moveTo(camera: Camera, ms?: number): void;
  /** Shows these rows (row numbers, not a bitmask), or the whole map. */
  fitTo(rows: Uint32Array | null, ms?: number): void;
  zoomBy(factor: number, ms?: number): void;
  /** Bitmask of the rows inside the polygon (map units). */
  inPolygon(polygon: Float32Array): Uint32Array;
  /** PNG of this size in pixels, every row drawn, type and points grown along. */
  picture(width: number, height: number): Promise<Blob>;
  /** The inside of an SVG of this size: letters and lines as such, rows as dots where they are few. */
  drawing(width: number, height: number): Promise<string>;
  /** Keeps a small map of the whole on this canvas from now on; its CSS size counts. */
  minimap(canvas: HTMLCanvasElement): void;
  destroy(): void;
}

export interface SceneOptions {
  renderer?: "webgl2" | "cpu" | "auto";
}
