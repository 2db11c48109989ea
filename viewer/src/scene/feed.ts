import { betweenFields, paintGround, paintMist } from "./ground";
import { contextInk, inkOf } from "./ink";
import { inDrawOrder, pairsOf } from "./order";
import type { Ground, Renderer } from "./renderer";
import { jointExtent, requantize, type Terrain, terrainOf } from "./terrain";
import { mapTokens, packRgb, rgbOf } from "./tokens";
import type { ScenePoints, SceneState } from "./types";

/** Sharpest step of the ground while rows fly: it is repainted this many times on the way. */
const GROUND_STEPS = 8;

type Part = "places" | "ground" | "ink" | "context" | "mist";
const EVERYTHING: readonly Part[] = ["places", "ground", "ink", "context", "mist"];

/** Tells the renderer what a change of state means for it, and nothing that it knows already. */
export class Feed {
  base: Terrain;
  /** The layout that rows fly to or have flown to. */
  target: Terrain | null = null;
  private flight = 0;
  private stale: Set<Part> = new Set(EVERYTHING);

  constructor(
    private renderer: Renderer,
    private state: SceneState,
  ) {
    this.base = terrainOf(state.points);
    this.target = state.morph ? terrainOf(state.morph) : null;
    this.flight = state.morph ? 1 : 0;
  }

  /** The layout that picking, contours and rings belong to. */
  get shown(): Terrain {
    return this.target && this.flight > 0.5 ? this.target : this.base;
  }

  /** Starts over with another renderer. */
  moveTo(renderer: Renderer): void {
    this.renderer = renderer;
    this.stale = new Set(EVERYTHING);
  }

  update(state: SceneState, change: Partial<SceneState>): void {
    const before = this.state;
    this.state = state;
    const has = (...keys: (keyof SceneState)[]) =>
      keys.some((key) => key in change && change[key] !== before[key]);
    const points = has("points");
    if (points) this.base = terrainOf(state.points);
    if (has("morph") && state.morph) this.target = terrainOf(state.morph);
    if (points && !state.morph) this.target = null;
    if (points || has("morph")) this.stale.add("places");
    if (points || has("theme", "density")) this.stale.add("ground");
    if (points || has("theme", "colors", "veil")) this.stale.add("ink");
    if (points || has("theme", "inside")) this.stale.add("context");
    if (points || has("theme", "veil")) this.stale.add("mist");
  }

  /** Way from the first layout to the second; at the ends everything settles. */
  setFlight(share: number): void {
    const step = (value: number) => Math.round(value * GROUND_STEPS);
    const hasLanded = share === 0 || share === 1;
    if (step(share) !== step(this.flight) || hasLanded) this.stale.add("ground");
    if (hasLanded) this.stale.add("ink").add("mist");
    this.flight = share;
    if (share === 0 && !this.state.morph && this.target) {
      this.target = null;
      this.stale.add("places");
    }
  }

  /** Tells the renderer all that has changed since the last frame, each thing once. */
  flush(): void {
    if (this.stale.has("places")) this.feedPlaces();
    if (this.stale.has("ground")) this.renderer.setGround(this.ground());
    if (this.stale.has("ink")) this.feedInk();
    if (this.stale.has("context")) this.feedContext();
    if (this.stale.has("mist")) this.feedMist();
    this.stale.clear();
  }

  private feedPlaces(): void {
    const { base, target } = this;
    const extent = target ? jointExtent(base.points.extent, target.points.extent) : base.points.extent;
    const pairs = (points: ScenePoints) =>
      inDrawOrder(pairsOf((points.extent === extent ? points : requantize(points, extent)).places));
    this.renderer.setGeometry({ pairs: pairs(base.points), extent });
    this.renderer.setTarget(target ? pairs(target.points) : null);
  }

  private ground(): Ground {
    const tokens = mapTokens(this.state.theme);
    const { frame, land, wide } = this.shown.density;
    const sea = packRgb(rgbOf(tokens.sea));
    if (!this.state.density) {
      const flat = packRgb(rgbOf(tokens.land));
      return { frame, colors: new Uint32Array(land.length).fill(flat), sea: flat };
    }
    if (this.target && this.flight > 0 && this.flight < 1) {
      const from = this.base.density;
      const to = this.target.density;
      const between = (a: Float32Array, b: Float32Array) => betweenFields(a, b, this.flight);
      return {
        frame,
        colors: paintGround(between(from.land, to.land), between(from.wide, to.wide), tokens),
        sea,
      };
    }
    return { frame, colors: paintGround(land, wide, tokens), sea };
  }

  private feedInk(): void {
    const { colors, veil, theme } = this.state;
    const { points, crowd } = this.shown;
    this.renderer.setInk(inkOf({ n: points.n, colors, crowd, veil }, mapTokens(theme)));
  }

  private feedContext(): void {
    const { inside, theme } = this.state;
    this.renderer.setContext(inside && { inside, ink: contextInk(mapTokens(theme)) });
  }

  private feedMist(): void {
    const { veil, theme } = this.state;
    const { points, density } = this.shown;
    if (!veil) {
      this.renderer.setMist(null);
      return;
    }
    const color = packRgb(rgbOf(mapTokens(theme).mist));
    this.renderer.setMist({ frame: density.frame, opacity: paintMist(points, veil, density), color });
  }
}
