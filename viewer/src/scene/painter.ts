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
    opacities: opacityTable(view.zoom, mapTokens(state.theme).pointOpacity, drawn),
    share,
    hasContext: state.inside !== null,
    flight,
  };
}

/**
 * Draws one frame at a time; but a coarse frame may start while a full one is in the making, which then
 * gives way.
 */
export class Painter {
  private making: Frame | null = null;

  constructor(
    public renderer: Renderer,
    private readonly shown: (frame: Frame, ms: number) => void,
    private readonly idle: () => void,
  ) {}

  canStart(share: number): boolean {
    return this.making === null || (share < 1 && this.making.share === 1);
  }

  replace(renderer: Renderer): void {
    this.renderer.destroy();
    this.renderer = renderer;
    this.making = null;
  }

  async draw(frame: Frame): Promise<void> {
    this.making = frame;
    const start = performance.now();
    const { renderer } = this;
    const isShown = await renderer.draw(frame);
    if (renderer !== this.renderer) return;
    if (isShown) this.shown(frame, performance.now() - start);
    if (this.making !== frame) return;
    this.making = null;
    this.idle();
  }
}
