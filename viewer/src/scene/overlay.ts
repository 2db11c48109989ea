import { toScreen, type View } from "./camera";
import type { Contours } from "./contours";
import type { Context } from "./label_sprites";
import { Labels } from "./labels";
import { colorOf, drawLasso, drawRing, drawThreads, pathOf, strokePath } from "./marks";
import { placeOf } from "./picking";
import { drawFrame, drawThumbnails } from "./thumbnails";
import { type MapTokens, mapTokens } from "./tokens";
import type { ScenePoints, SceneState } from "./types";

const CONTOUR_OPACITY = [0.16, 0.2, 0.24];
const SHORE_OPACITY = 0.19;
/** One list for ever, so that hiding labels is seen as no change after the first frame. */
const NO_LABELS: SceneState["labels"] = [];

/** What the overlay shows beside the state. */
export interface OverlayParts {
  points: ScenePoints;
  /** Null while rows fly between layouts. */
  contours: Contours | null;
  /** False while the labels belong to a layout that is not shown. */
  labeled: boolean;
  /** A lasso being drawn, map units. */
  stroke: Float32Array | null;
}

interface Paths {
  contours: Contours;
  shore: Path2D;
  levels: Path2D[];
}

/** Everything drawn as lines and letters, on a canvas above the points. */
export class Overlay {
  readonly canvas = document.createElement("canvas");
  private labels = new Labels();
  private paths: Paths | null = null;
  /** Rows shown as pictures in the last drawing. */
  private pictured: ReadonlySet<number> = new Set();

  forgetFonts(): void {
    this.labels.forget();
  }

  draw(view: View, state: SceneState, parts: OverlayParts): void {
    const [width, height] = [Math.round(view.width * view.dpr), Math.round(view.height * view.dpr)];
    if (this.canvas.width !== width) this.canvas.width = width;
    if (this.canvas.height !== height) this.canvas.height = height;
    const c = this.canvas.getContext("2d");
    if (!c) return;
    c.setTransform(1, 0, 0, 1, 0, 0);
    c.clearRect(0, 0, width, height);
    this.drawInto(c, view, state, parts);
  }

  /** Draws over whatever the context holds; used for pictures too. */
  drawInto(c: Context, view: View, state: SceneState, parts: OverlayParts): void {
    const tokens = mapTokens(state.theme);
    c.setTransform(view.dpr, 0, 0, view.dpr, 0, 0);
    if (parts.contours && state.contours) this.drawContours(c, view, parts.contours, tokens);
    const labels = state.labelsOn && parts.labeled ? state.labels : NO_LABELS;
    const free = state.images ? this.labels.boxes(c, view, labels, tokens) : [];
    this.pictured = drawThumbnails(c, view, parts.points, state, free);
    if (state.lasso) drawLasso(c, view, state.lasso, tokens);
    if (state.threads && state.threads.from < parts.points.n) {
      drawThreads(c, view, parts.points, state.threads, tokens);
      this.ring(c, view, state, parts, state.threads.from, tokens.accent);
    }
    this.labels.draw(c, view, labels, tokens);
    if (state.highlighted !== null && state.highlighted < parts.points.n) {
      this.ring(c, view, state, parts, state.highlighted, tokens.ink);
    }
    if (parts.stroke) drawLasso(c, view, parts.stroke, tokens);
  }

  private ring(
    c: Context,
    view: View,
    state: SceneState,
    parts: OverlayParts,
    row: number,
    stroke: string,
  ): void {
    const at = toScreen(view, ...placeOf(parts.points, row));
    const tokens = mapTokens(state.theme);
    if (this.pictured.has(row)) drawFrame(c, at, stroke, tokens);
    else drawRing(c, at, colorOf(state.colors, row), stroke, tokens);
  }

  private drawContours(c: Context, view: View, contours: Contours, tokens: MapTokens): void {
    if (this.paths?.contours !== contours) {
      this.paths = { contours, shore: pathOf(contours.shore), levels: contours.levels.map(pathOf) };
    }
    strokePath(c, view, this.paths.shore, 1, tokens.contour, SHORE_OPACITY);
    if (view.width <= 720) return;
    this.paths.levels.forEach((path, k) => {
      strokePath(c, view, path, 1, tokens.contour, CONTOUR_OPACITY[k]);
    });
  }
}
