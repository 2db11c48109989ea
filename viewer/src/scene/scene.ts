import { fitBox, type Point, panBy, toMap, toScreen, viewOf, wholeMap } from "./camera";
import { type Hands, listenToHands, type StrokeMode } from "./gestures";
import { Minimap } from "./minimap";
import { nearestRow } from "./picking";
import { composePicture, type PictureRequest } from "./picture";
import { rowsInPolygon } from "./polygon";
import { boxOfRows } from "./rows_box";
import { Stage } from "./stage";
import { composeSvg } from "./svg";
import { IMAGE_ZOOM, representatives } from "./thumbnails";
import type { Camera, Scene, SceneEvents, SceneOptions, SceneState } from "./types";

const HOVER_RADIUS = 12;
const CAMERA_MS = 420;
const ZOOM_MS = 220;
/** Parts of the state that change pixels below the overlay. */
const PAINTED = ["points", "colors", "inside", "veil", "theme", "morph", "density", "pointScale"] as const;

class MapScene implements Scene {
  private readonly stage: Stage;
  private readonly stopListening: () => void;
  private hovered: number | null = null;
  private pointer: Point | null = null;
  private pick = 0;
  private hadVisible = false;

  constructor(
    host: HTMLElement,
    initial: SceneState,
    private readonly events: Partial<SceneEvents>,
    options: SceneOptions,
  ) {
    this.stage = new Stage(host, initial, events, options.renderer ?? "auto");
    this.stage.settled = () => this.settle();
    this.stopListening = listenToHands(this.surface, this.hands());
    this.showCursor(false);
  }

  get kind(): "webgl2" | "cpu" {
    return this.stage.painter.renderer.kind;
  }

  get camera(): Camera {
    return { ...this.stage.place };
  }

  set camera(camera: Camera) {
    this.stage.setPlace(camera);
  }

  set(change: Partial<SceneState>): void {
    const { stage } = this;
    const before = stage.state;
    const has = (key: keyof SceneState) => key in change && change[key] !== before[key];
    stage.state = { ...before, ...change };
    stage.feed.update(stage.state, change);
    if (has("points")) stage.followPoints(before.points.extent);
    if (has("morph")) stage.flyRows(change.morph ? 1 : 0);
    const repaint = PAINTED.some(has);
    if (repaint) stage.map?.forget();
    if (has("tool")) this.showCursor(false);
    stage.invalidate(!repaint);
  }

  moveTo(camera: Camera, ms = CAMERA_MS): void {
    this.stage.moveTo(camera, ms);
  }

  fitTo(rows: Uint32Array | null, ms = CAMERA_MS): void {
    const { stage } = this;
    const box = rows && boxOfRows(stage.feed.shown.points, rows);
    const goal = box ? fitBox(box, stage.extent, stage.window.size()) : wholeMap(stage.extent);
    stage.moveTo(goal, ms);
  }

  zoomBy(factor: number, ms = ZOOM_MS): void {
    const { x, y } = this.camera;
    this.stage.zoomFrom(toScreen(this.stage.view, x, y), factor, ms);
  }

  inPolygon(polygon: Float32Array): Uint32Array {
    const { points, index } = this.stage.feed.shown;
    return rowsInPolygon(points, index, polygon);
  }

  picture(width: number, height: number): Promise<Blob> {
    return composePicture(this.request(width, height));
  }

  drawing(width: number, height: number): Promise<string> {
    return composeSvg(this.request(width, height));
  }

  private request(width: number, height: number): PictureRequest {
    const { stage } = this;
    stage.feed.flush();
    return {
      renderer: stage.painter.renderer,
      overlay: stage.overlay,
      state: stage.state,
      parts: { ...stage.parts(), stroke: null },
      flight: stage.rowFlight.share,
      view: (size) => viewOf(stage.place, stage.extent, size),
      shown: stage.window.size(),
      wanted: { width, height },
    };
  }

  minimap(canvas: HTMLCanvasElement): void {
    const { stage } = this;
    if (stage.map?.canvas === canvas) stage.map.forget();
    else {
      stage.map?.destroy();
      const goTo = (x: number, y: number) => stage.setPlace({ x, y, zoom: stage.place.zoom });
      stage.map = new Minimap(canvas, goTo, () => stage.extent);
    }
    stage.map.draw(stage.view, stage.state, stage.feed.shown);
  }

  destroy(): void {
    cancelAnimationFrame(this.pick);
    this.stopListening();
    this.stage.destroy();
  }

  private get surface(): HTMLCanvasElement {
    return this.stage.overlay.canvas;
  }

  private hands(): Hands {
    const { stage } = this;
    return {
      tool: () => stage.state.tool,
      pan: (dx, dy) => stage.setPlace(panBy(stage.place, stage.viewNow(), dx, dy)),
      zoom: (at, factor, ms) => stage.zoomFrom(at, factor, ms),
      hover: (at) => this.pointAt(at),
      click: (at, shift) => this.events.click?.(this.rowAt(at), shift),
      stroke: (points, mode, done) => this.takeStroke(points, mode, done),
      cancelStroke: () => this.showStroke(null),
      cursor: (grabbing) => this.showCursor(grabbing),
    };
  }

  private rowAt(at: Point): number | null {
    const { stage } = this;
    if (stage.rowFlight.isMoving) return null;
    const { points, index } = stage.feed.shown;
    const radius = HOVER_RADIUS / stage.view.scale;
    return nearestRow(points, index, toMap(stage.view, at[0], at[1]), radius, stage.state.inside);
  }

  /** Follows the pointer, at most one search per frame of the screen. */
  private pointAt(at: Point | null): void {
    this.pointer = at;
    if (this.pick !== 0) return;
    this.pick = requestAnimationFrame(() => {
      this.pick = 0;
      const row = this.pointer && this.rowAt(this.pointer);
      if (row === this.hovered) return;
      this.hovered = row;
      this.showCursor(false);
      this.events.hover?.(row, this.pointer ?? [0, 0]);
    });
  }

  private showCursor(grabbing: boolean): void {
    const isPan = this.stage.state.tool === "pan";
    const resting = this.hovered === null ? "grab" : "pointer";
    this.surface.style.cursor = isPan ? (grabbing ? "grabbing" : resting) : "crosshair";
  }

  private takeStroke(points: Point[], mode: StrokeMode, done: boolean): void {
    const polygon = Float32Array.from(points.flatMap(([x, y]) => toMap(this.stage.view, x, y)));
    this.showStroke(done ? null : polygon);
    if (done && points.length > 2) this.events.lasso?.(polygon, mode);
  }

  private showStroke(stroke: Float32Array | null): void {
    this.stage.stroke = stroke;
    this.stage.invalidate(true);
  }

  /** In a quiet moment: makes the index ready for the first hover, and tells what could show pictures. */
  private settle(): void {
    void this.stage.feed.shown.index;
    this.tellVisible();
  }

  /** Tells which rows could show a picture in this view; an empty list when it has become too wide. */
  private tellVisible(): void {
    if (!this.events.visible) return;
    const { view, state, feed } = this.stage;
    const near = view.zoom >= IMAGE_ZOOM;
    if (near) this.events.visible(representatives(feed.shown.points, feed.shown.index, view, state.inside));
    else if (this.hadVisible) this.events.visible(new Uint32Array(0));
    this.hadVisible = near;
  }
}

/** Mounts a map in an element that has a size of its own. */
export function createScene(
  host: HTMLElement,
  initial: SceneState,
  events: Partial<SceneEvents>,
  options: SceneOptions = {},
): Scene {
  return new MapScene(host, initial, events, options);
}
