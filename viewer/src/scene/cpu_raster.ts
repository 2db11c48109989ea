import { paintGroundPixels, paintMistPixels } from "./cpu_ground";
import { type PointsJob, paintPoints, passesOf, type Target } from "./cpu_points";
import { blendPairs } from "./order";
import type { Frame, Geometry, Ground, Mist } from "./renderer";
import { type Stamps, stampsOf } from "./stamps";

/** Rows painted before looking whether something more urgent has come. */
const STEP_ROWS = 400_000;

/** What the CPU renderer keeps between frames; also the oracle the GPU is compared with. */
export class CpuRaster {
  private geometry: Geometry | null = null;
  private target: Uint32Array | null = null;
  private flying: Uint32Array | null = null;
  private ink: Uint32Array = new Uint32Array(0);
  private ground: Ground | null = null;
  private mist: Mist | null = null;
  private stamps: Stamps = stampsOf(1);

  setGeometry(geometry: Geometry): void {
    this.geometry = geometry;
    this.setTarget(null);
  }

  setTarget(pairs: Uint32Array | null): void {
    this.target = pairs;
    this.flying = null;
  }

  setInk(ink: Uint32Array): void {
    this.ink = ink;
  }

  setGround(ground: Ground): void {
    this.ground = ground;
  }

  setMist(mist: Mist | null): void {
    this.mist = mist;
  }

  /** Paints a frame into width × height pixels, 0xAABBGGRR. */
  paint(target: Target, frame: Frame): void {
    for (const _ of this.painting(target, frame));
  }

  /** The same in steps of a few milliseconds, so that something more urgent can come between. */
  *painting(target: Target, frame: Frame): Generator<void> {
    if (this.ground) paintGroundPixels(target.pixels, frame.view, this.ground);
    if (this.stamps.radius !== frame.radius) this.stamps = stampsOf(frame.radius);
    const { ink, stamps } = this;
    const geometry = this.placed(frame.flight);
    if (geometry && ink.length === geometry.pairs.length) {
      yield* paintingPoints(target, { geometry, ink, frame, stamps });
    }
    if (this.mist) paintMistPixels(target.pixels, frame.view, this.mist);
  }

  /** Where the rows are on the way to the second layout. */
  private placed(flight: number): Geometry | null {
    const { geometry, target } = this;
    if (!geometry || !target || flight === 0 || target.length !== geometry.pairs.length) return geometry;
    if (flight === 1) return { pairs: target, extent: geometry.extent };
    this.flying ??= new Uint32Array(target.length);
    blendPairs(geometry.pairs, target, flight, this.flying);
    return { pairs: this.flying, extent: geometry.extent };
  }
}

function* paintingPoints(target: Target, job: PointsJob): Generator<void> {
  const count = Math.ceil(job.geometry.pairs.length * job.frame.share);
  for (const pass of passesOf(job.frame)) {
    for (let begin = 0; begin < count; begin += STEP_ROWS) {
      paintPoints(target, job, pass, begin, Math.min(begin + STEP_ROWS, count));
      yield;
    }
  }
}

export const targetOf = (frame: Frame, buffer?: ArrayBuffer): Target => {
  const width = Math.round(frame.view.width * frame.view.dpr);
  const height = Math.round(frame.view.height * frame.view.dpr);
  const fits = buffer && buffer.byteLength === 4 * width * height;
  return { pixels: new Uint32Array(fits ? buffer : new ArrayBuffer(4 * width * height)), width, height };
};
