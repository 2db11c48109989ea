import { betweenFields, paintGround, paintMist } from "./ground";
import { inkOf } from "./ink";
import { inDrawOrder, pairsOf } from "./order";
import type { Ground, Renderer } from "./renderer";
import { jointExtent, requantize, type Terrain, terrainOf } from "./terrain";
import { mapTokens, packRgb, rgbOf } from "./tokens";
import type { ScenePoints, SceneState } from "./types";

/** Sharpest step of the ground while rows fly: it is repainted this many times on the way. */
const GROUND_STEPS = 8;

/** Tells the renderer what a change of state means for it, and nothing that it knows already. */
export class Feed {
  base: Terrain;
  /** The layout that rows fly to or have flown to. */
  target: Terrain | null = null;
  private flight = 0;

  constructor(
    private renderer: Renderer,
    private state: SceneState,
  ) {
    this.base = terrainOf(state.points);
    this.target = state.morph ? terrainOf(state.morph) : null;
    this.flight = state.morph ? 1 : 0;
    this.feedAll();
  }

  /** The layout that picking, contours and rings belong to. */
  get shown(): Terrain {
    return this.target && this.flight > 0.5 ? this.target : this.base;
  }

  /** Starts over with another renderer. */
  moveTo(renderer: Renderer): void {
    this.renderer = renderer;
    this.feedAll();
  }

  update(state: SceneState, change: Partial<SceneState>): void {
    const before = this.state;
    this.state = state;
    const has = (key: keyof SceneState) => key in change && change[key] !== before[key];
    const points = has("points");
    if (points) this.base = terrainOf(state.points);
    if (has("morph") && state.morph) this.target = terrainOf(state.morph);
    if (points && !state.morph) this.target = null;
    if (points || has("morph")) this.feedPlaces();
    if (points || has("theme") || has("density")) this.feedGround();
    if (points || has("theme") || has("colors") || has("inside") || has("veil")) this.feedInk();
    if (points || has("theme") || has("veil")) this.feedMist();
  }

  /** Way from the first layout to the second; at the ends everything settles. */
  setFlight(share: number): void {
    const step = (value: number) => Math.round(value * GROUND_STEPS);
    const repaint = step(share) !== step(this.flight) || share === 0 || share === 1;
    this.flight = share;
    if (share === 0 && !this.state.morph && this.target) {
      this.target = null;
      this.renderer.setTarget(null);
    }
    if (repaint) this.feedGround();
    if (share === 0 || share === 1) {
      this.feedInk();
      this.feedMist();
    }
  }

  private feedAll(): void {
    this.feedPlaces();
    this.feedGround();
    this.feedInk();
    this.feedMist();
  }

  private feedPlaces(): void {
    const { base, target } = this;
    const extent = target ? jointExtent(base.points.extent, target.points.extent) : base.points.extent;
    const pairs = (points: ScenePoints) =>
      inDrawOrder(pairsOf((points.extent === extent ? points : requantize(points, extent)).places));
    this.renderer.setGeometry({ pairs: pairs(base.points), extent });
    this.renderer.setTarget(target ? pairs(target.points) : null);
  }

  private feedGround(): void {
    this.renderer.setGround(this.ground());
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
    const { colors, inside, veil } = this.state;
    const { points, crowd } = this.shown;
    const source = { n: points.n, colors, crowd, inside, veil };
    this.renderer.setInk(inDrawOrder(inkOf(source, mapTokens(this.state.theme))));
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
