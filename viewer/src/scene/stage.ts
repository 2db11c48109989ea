import { boundCamera, type Extent, type Point, type View, viewOf, wholeMap, zoomAt } from "./camera";
import { createRenderer } from "./choose";
import { createCpuRenderer } from "./cpu_renderer";
import { Feed } from "./feed";
import { CameraFlight, prefersStillness, RowFlight } from "./flights";
import type { Minimap } from "./minimap";
import { Overlay, type OverlayParts } from "./overlay";
import { COARSE_FROM, frameOf, Painter, shareOf } from "./painter";
import type { Frame } from "./renderer";
import type { Camera, SceneEvents, SceneOptions, SceneState } from "./types";
import { fillHost, type Window } from "./window";

/** After this long without movement the full picture is drawn. */
const REST_MS = 70;
const SETTLED_MS = 160;
const ROWS_MS = 900;

/** Holds camera, canvases and clock: decides when what is drawn, not what it means. */
export class Stage {
  readonly overlay = new Overlay();
  readonly painter: Painter;
  readonly feed: Feed;
  readonly window: Window;
  readonly rowFlight = new RowFlight();
  /** View of the frame on screen. */
  view: View;
  place: Camera;
  stroke: Float32Array | null = null;
  map: Minimap | null = null;
  /** Called when nothing has moved for a moment. */
  settled: () => void = () => {};
  /** Labels of the first layout: a second one shows its own or none. */
  private baseLabels: SceneState["labels"] = [];
  private readonly cameraFlight = new CameraFlight();
  private request = 0;
  private onlyOverlay = true;
  /** A frame was wanted while another one was in the making. */
  private isLate = false;
  private lastMove = Number.NEGATIVE_INFINITY;
  private rest: ReturnType<typeof setTimeout> | undefined;
  private calm: ReturnType<typeof setTimeout> | undefined;

  constructor(
    host: HTMLElement,
    public state: SceneState,
    private readonly events: Partial<SceneEvents>,
    wanted: NonNullable<SceneOptions["renderer"]>,
  ) {
    const renderer = createRenderer(wanted, () => this.replaceRenderer());
    this.feed = new Feed(renderer, state);
    this.rowFlight.place(state.morph ? 1 : 0);
    this.painter = new Painter(
      renderer,
      (frame, ms) => this.frameShown(frame, ms),
      () => this.isLate && this.invalidate(),
    );
    this.place = wholeMap(this.extent);
    this.window = fillHost(host, [renderer.canvas, this.overlay.canvas], () => this.invalidate());
    this.view = this.viewNow();
    document.fonts?.addEventListener("loadingdone", this.fontsArrived);
    this.invalidate();
  }

  get extent(): Extent {
    return this.state.points.extent;
  }

  viewNow(): View {
    return viewOf(this.place, this.extent, this.window.size());
  }

  parts(): OverlayParts {
    const { shown } = this.feed;
    const isMoving = this.rowFlight.isMoving;
    if (!this.state.morph) this.baseLabels = this.state.labels;
    const labeled = !isMoving && (!this.state.morph || this.state.labels !== this.baseLabels);
    return { points: shown.points, contours: isMoving ? null : shown.contours, labeled, stroke: this.stroke };
  }

  /** Asks for a new frame, or only for new lines and letters over the last one. */
  invalidate(onlyOverlay = false): void {
    this.onlyOverlay &&= onlyOverlay;
    if (this.request === 0) this.request = requestAnimationFrame(() => this.tick());
  }

  /** New places of the rows: who saw the whole map goes on seeing it. */
  followPoints(before: Extent): void {
    const whole = wholeMap(before);
    const sawAll = this.place.zoom === 1 && this.place.x === whole.x && this.place.y === whole.y;
    this.setPlace(sawAll ? wholeMap(this.extent) : this.place);
  }

  /** Puts the camera somewhere at once. */
  setPlace(camera: Camera): void {
    this.cameraFlight.stop();
    this.movePlace(boundCamera(camera, this.extent));
  }

  moveTo(camera: Camera, ms: number): void {
    const goal = boundCamera(camera, this.extent);
    if (ms <= 0 || prefersStillness()) {
      this.setPlace(goal);
      return;
    }
    this.cameraFlight.start(this.place, goal, performance.now(), ms);
    this.invalidate();
  }

  /** Zooms around a point of the window, on top of a zoom still under way. */
  zoomFrom(at: Point, factor: number, ms: number): void {
    const from = this.cameraFlight.goal ?? this.place;
    this.moveTo(zoomAt(from, viewOf(from, this.extent, this.window.size()), at, factor), ms);
  }

  flyRows(to: number): void {
    if (prefersStillness()) {
      this.rowFlight.place(to);
      this.feed.setFlight(to);
    } else this.rowFlight.start(to, performance.now(), ROWS_MS);
    this.invalidate();
  }

  destroy(): void {
    cancelAnimationFrame(this.request);
    clearTimeout(this.rest);
    clearTimeout(this.calm);
    document.fonts?.removeEventListener("loadingdone", this.fontsArrived);
    this.map?.destroy();
    this.window.leave();
    this.painter.renderer.destroy();
  }

  private get isMany(): boolean {
    return this.state.points.n > COARSE_FROM;
  }

  private movePlace(camera: Camera): void {
    this.place = camera;
    this.lastMove = performance.now();
    clearTimeout(this.rest);
    if (this.isMany) this.rest = setTimeout(() => this.invalidate(), REST_MS);
    this.events.camera?.({ ...camera });
    this.invalidate();
  }

  private tick(): void {
    this.request = 0;
    const now = performance.now();
    const camera = this.cameraFlight.at(now);
    if (camera) this.movePlace(camera);
    const share = this.rowFlight.at(now);
    if (share !== null) this.feed.setFlight(share);
    const isFlying = this.cameraFlight.goal !== null || this.rowFlight.isMoving;
    const isMoving = isFlying || now - this.lastMove < REST_MS - 5;
    if (this.onlyOverlay && !isMoving && share === null) this.drawOverlay();
    else this.startFrame(isMoving);
    if (isFlying || share !== null) this.invalidate();
  }

  private startFrame(isMoving: boolean): void {
    const share = shareOf(this.state.points.n, isMoving);
    this.isLate = !this.painter.canStart(share);
    if (this.isLate) return;
    this.onlyOverlay = true;
    this.feed.flush();
    const view = this.viewNow();
    // A sample on its way by is drawn at plain resolution where the processor has to do it.
    const isPlain = share < 1 && this.painter.renderer.kind === "cpu";
    const drawn = isPlain ? { ...view, dpr: 1 } : view;
    void this.painter.draw(frameOf(drawn, this.state, share, this.rowFlight.share));
  }

  private frameShown(frame: Frame, ms: number): void {
    this.view = { ...frame.view, dpr: this.window.size().dpr };
    this.drawOverlay();
    this.events.frame?.(ms);
    clearTimeout(this.calm);
    this.calm = setTimeout(() => this.settled(), SETTLED_MS);
  }

  private drawOverlay(): void {
    this.overlay.draw(this.view, this.state, this.parts());
    this.map?.draw(this.view, this.state, this.feed.shown);
  }

  /** The graphics card has gone: the processor takes over. */
  private replaceRenderer(): void {
    const renderer = createCpuRenderer();
    this.painter.replace(renderer);
    this.window.replaceBottom(renderer.canvas);
    this.feed.moveTo(renderer);
    this.invalidate();
  }

  private fontsArrived = (): void => {
    this.overlay.forgetFonts();
    this.invalidate(true);
  };
}
