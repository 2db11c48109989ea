import { CpuRaster, targetOf } from "./cpu_raster";
import type { Context, Frame, Geometry, Ground, Mist } from "./renderer";

/** What the CPU renderer tells its worker. Arrays travel by transfer, not by copy. */
export type CpuRequest =
  | { kind: "geometry"; geometry: Geometry }
  | { kind: "target"; pairs: Uint32Array | null }
  | { kind: "ink"; ink: Uint32Array }
  | { kind: "context"; context: Context | null }
  | { kind: "ground"; ground: Ground }
  | { kind: "mist"; mist: Mist | null }
  | FrameRequest;

export interface FrameRequest {
  kind: "frame";
  id: number;
  frame: Frame;
  buffer: ArrayBuffer | null;
  /** A coarse frame that comes later may take this one's turn. */
  interruptible: boolean;
  /** Which of how many bands of the picture. */
  part: [number, number];
}

export interface CpuPicture {
  id: number;
  /** First line of the band. */
  top: number;
  width: number;
  height: number;
  buffer: ArrayBuffer;
  /** False for a frame that gave up its turn. */
  finished: boolean;
}

/** Obeys a request that paints nothing. */
export function obey(raster: CpuRaster, request: Exclude<CpuRequest, FrameRequest>): void {
  if (request.kind === "geometry") raster.setGeometry(request.geometry);
  else if (request.kind === "target") raster.setTarget(request.pairs);
  else if (request.kind === "ink") raster.setInk(request.ink);
  else if (request.kind === "context") raster.setContext(request.context);
  else if (request.kind === "ground") raster.setGround(request.ground);
  else raster.setMist(request.mist);
}

/** Paints a frame step by step; returns its pixels, unfinished when told to stop. */
export function* answer(
  raster: CpuRaster,
  request: FrameRequest,
  stop: () => boolean,
): Generator<void, CpuPicture> {
  const band = raster.band(request.frame, ...request.part);
  const target = targetOf(request.frame, request.buffer ?? undefined, band);
  let finished = true;
  for (const _ of raster.painting(target, request.frame)) {
    yield;
    finished = !(request.interruptible && stop());
    if (!finished) break;
  }
  const { width, height, top, pixels } = target;
  return { id: request.id, top, width, height, buffer: pixels.buffer as ArrayBuffer, finished };
}

/** Runs a generator to its end. */
export function finish<T>(steps: Generator<void, T>): T {
  let step = steps.next();
  while (!step.done) step = steps.next();
  return step.value;
}

export const newRaster = (): CpuRaster => new CpuRaster();
