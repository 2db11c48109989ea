import { paintGroundPixels, paintMistPixels } from "./cpu_ground";
import { type PointsJob, paintPoints, passesOf, pixelsOf, type Target } from "./cpu_points";
import { blendPairs } from "./order";
import type { Context, Frame, Geometry, Ground, Mist } from "./renderer";
import { reachOf, type Stamps, stampsOf } from "./stamps";
import { bandsOf, inOrder, maskInk, type Tiles, tilesOf, visitTiles } from "./tiles";

/** Rows painted before looking whether something more urgent has come. */
const STEP_ROWS = 400_000;

/** One layout in tiles, and the ink of its rows in the same order, made when first painted. */
interface Layout {
  tiles: Tiles;
  ink: Uint32Array | null;
  /** The same with context; kept, since every brush step fills it anew. */
  masked: Uint32Array | null;
  isMasked: boolean;
}

const layoutOf = (pairs: Uint32Array): Layout => ({
  tiles: tilesOf(pairs),
  ink: null,
  masked: null,
  isMasked: false,
});

/** What the CPU renderer keeps between frames; also the oracle the GPU is compared with. */
export class CpuRaster {
  private extent: Geometry["extent"] = [0, 0, 1, 1];
  private base: Layout | null = null;
  private target: Uint32Array | null = null;
  private landed: Layout | null = null;
  private flying: { from: Tiles; to: Uint32Array; pairs: Uint32Array } | null = null;
  private ink: Uint32Array = new Uint32Array(0);
  private context: Context | null = null;
  private ground: Ground | null = null;
  private mist: Mist | null = null;
  private stamps: Stamps = stampsOf(1);

  setGeometry({ pairs, extent }: Geometry): void {
    this.extent = extent;
    this.base = layoutOf(pairs);
    this.setTarget(null);
  }

  setTarget(pairs: Uint32Array | null): void {
    this.target = pairs;
    this.flying = null;
    this.landed = null;
  }

  setInk(ink: Uint32Array): void {
    this.ink = ink;
    for (const layout of [this.base, this.landed]) if (layout) layout.ink = null;
    this.setContext(this.context);
  }

  setContext(context: Context | null): void {
    this.context = context;
    for (const layout of [this.base, this.landed]) if (layout) layout.isMasked = false;
  }

  setGround(ground: Ground): void {
    this.ground = ground;
  }

  setMist(mist: Mist | null): void {
    this.mist = mist;
  }

  /** Lines of the picture that part `index` of `of` shall paint: from, to. */
  band(frame: Frame, index: number, of: number): [number, number] {
    const [width, height] = sizeOf(frame);
    const layout = this.layoutFor(frame.flight);
    if (!layout || of === 1)
      return [Math.round((height * index) / of), Math.round((height * (index + 1)) / of)];
    const cuts = bandsOf(layout.tiles, pixelsOf(frame.view, this.extent), { width, height }, of);
    return [cuts[index], cuts[index + 1]];
  }

  /** Paints a frame into width × height pixels, 0xAABBGGRR. */
  paint(target: Target, frame: Frame): void {
    for (const _ of this.painting(target, frame));
  }

  /** The same in steps of a few milliseconds, so that something more urgent can come between. */
  *painting(target: Target, frame: Frame): Generator<void> {
    if (this.ground) paintGroundPixels(target, frame.view, this.ground);
    if (this.stamps.radius !== frame.radius) this.stamps = stampsOf(frame.radius);
    const layout = this.layoutFor(frame.flight);
    if (layout && this.ink.length === layout.tiles.pairs.length) {
      const isFlying = frame.flight > 0 && frame.flight < 1 && this.target !== null;
      const pairs = isFlying ? this.between(layout.tiles, frame.flight) : layout.tiles.pairs;
      const geometry = { pairs, extent: this.extent };
      const job = { geometry, ink: this.inkOf(layout), frame, stamps: this.stamps };
      const spans = isFlying ? [[0, pairs.length]] : this.spans(layout.tiles, target, frame);
      yield* paintingPoints(target, job, spans);
    }
    if (this.mist) paintMistPixels(target, frame.view, this.mist);
  }

  private inkOf(layout: Layout): Uint32Array {
    const { order } = layout.tiles;
    layout.ink ??= inOrder(this.ink, order);
    if (!this.context) return layout.ink;
    layout.masked ??= new Uint32Array(order.length);
    if (!layout.isMasked) maskInk(layout.ink, order, this.context, layout.masked);
    layout.isMasked = true;
    return layout.masked;
  }

  private layoutFor(flight: number): Layout | null {
    const { base, target } = this;
    if (flight < 1 || !base || target?.length !== base.tiles.pairs.length) return base;
    this.landed ??= layoutOf(target);
    return this.landed;
  }

  /** Rows that a part of the picture shows, as first and last position; of a sample the first of every tile. */
  private spans(tiles: Tiles, target: Target, frame: Frame): number[][] {
    const reach = reachOf(frame.radius) + 1;
    const { top, width, height } = target;
    const box = { x0: -reach, x1: width + reach, y0: top - reach, y1: top + height + reach };
    const spans: number[][] = [];
    visitTiles(tiles, box, pixelsOf(frame.view, this.extent), (begin, end) => {
      spans.push([begin, begin + Math.ceil((end - begin) * frame.share)]);
    });
    return spans;
  }

  /** Places on the way to the second layout, in the order of the first one's tiles. */
  private between(tiles: Tiles, flight: number): Uint32Array {
    if (this.flying?.from !== tiles) {
      const to = inOrder(this.target!, tiles.order);
      this.flying = { from: tiles, to, pairs: new Uint32Array(to.length) };
    }
    blendPairs(tiles.pairs, this.flying.to, flight, this.flying.pairs);
    return this.flying.pairs;
  }
}

function* paintingPoints(target: Target, job: PointsJob, spans: number[][]): Generator<void> {
  let painted = 0;
  for (const pass of passesOf(job.frame)) {
    const painter = paintPoints(target, job, pass);
    for (const [begin, end] of spans) {
      for (let at = begin; at < end; at += STEP_ROWS) {
        const last = Math.min(at + STEP_ROWS, end);
        painter(at, last);
        painted += last - at;
        if (painted < STEP_ROWS) continue;
        painted = 0;
        yield;
      }
    }
  }
  yield;
}

const sizeOf = ({ view }: Frame): [number, number] => [
  Math.round(view.width * view.dpr),
  Math.round(view.height * view.dpr),
];

/** Pixels for a frame, or for its lines `from` to below `to`; an old buffer is used again where it fits. */
export const targetOf = (frame: Frame, buffer?: ArrayBuffer, band?: [number, number]): Target => {
  const [width, whole] = sizeOf(frame);
  const [top, below] = band ?? [0, whole];
  const height = below - top;
  const fits = buffer && buffer.byteLength === 4 * width * height;
  return {
    pixels: new Uint32Array(fits ? buffer : new ArrayBuffer(4 * width * height)),
    width,
    height,
    top,
    whole,
  };
};
