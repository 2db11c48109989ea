import type { View } from "./camera";
import { opacityTable, pointRadius } from "./ink";
import type { Frame, Renderer } from "./renderer";
import { mapTokens } from "./tokens";
import type { SceneState } from "./types";

/** Rows from which a moving map is drawn from a part of them. */
export const COARSE_FROM = 300_000;
const COARSE_ROWS = 200_000;

/** Share of rows to draw: all at rest, a fair sample of many while moving. */
export const shareOf = (n: number, isMoving: boolean): number =>
  isMoving && n > COARSE_FROM ? COARSE_ROWS / n : 1;

export function frameOf(view: View, state: SceneState, share: number, flight: number): Frame {
  const { n } = state.points;
  // A sample is drawn as the map of so many rows would be: larger points, the same amount of ink.
  const drawn = Math.max(Math.ceil(n * share), 1);
  const grown = share < 1 ? Math.min(Math.sqrt(pointRadius(drawn, 1, 1e4) / pointRadius(n, 1, 1e4)), 1.5) : 1;
  return {
    view,
    radius: pointRadius(n, view.zoom, view.width) * view.dpr * state.pointScale * grown,
    opacities: opacityTable(view.zoom, mapTokens(state.theme).pointOpacity),
    share,
    hasContext: state.inside !== null,
    flight,
  };
}

/** Draws one frame at a time; a wish that comes meanwhile waits, and only the newest one waits. */
export class Painter {
  private busy = false;
  private next: (() => void) | null = null;

  constructor(
    public renderer: Renderer,
    private shown: (frame: Frame, ms: number) => void,
  ) {}

  replace(renderer: Renderer): void {
    this.renderer.destroy();
    this.renderer = renderer;
    this.busy = false;
    this.next = null;
  }

  draw(frame: Frame): void {
    if (this.busy) {
      this.next = () => this.draw(frame);
      return;
    }
    this.busy = true;
    const start = performance.now();
    const { renderer } = this;
    renderer.draw(frame).then(() => {
      if (renderer !== this.renderer) return;
      this.busy = false;
      this.shown(frame, performance.now() - start);
      const next = this.next;
      this.next = null;
      next?.();
    });
  }
}
