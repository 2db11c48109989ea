import { paintGroundPixels, paintMistPixels } from "./cpu_ground";
import { paintPoints, passesOf, type Target } from "./cpu_points";
import { blendPairs } from "./order";
import type { Frame, Geometry, Ground, Mist } from "./renderer";
import { type Stamps, stampsOf } from "./stamps";

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
    if (this.ground) paintGroundPixels(target.pixels, frame.view, this.ground);
    if (this.stamps.radius !== frame.radius) this.stamps = stampsOf(frame.radius);
    const geometry = this.placed(frame.flight);
    if (geometry && this.ink.length === geometry.pairs.length) this.paintRows(target, geometry, frame);
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

  private paintRows(target: Target, geometry: Geometry, frame: Frame): void {
    for (const pass of passesOf(frame)) paintPoints(target, geometry, this.ink, frame, this.stamps, pass);
  }
}

export const targetOf = (frame: Frame, buffer?: ArrayBuffer): Target => {
  const width = Math.round(frame.view.width * frame.view.dpr);
  const height = Math.round(frame.view.height * frame.view.dpr);
  const fits = buffer && buffer.byteLength === 4 * width * height;
  return { pixels: new Uint32Array(fits ? buffer : new ArrayBuffer(4 * width * height)), width, height };
};
