import { CpuRaster, targetOf } from "./cpu_raster";
import type { Frame, Geometry, Ground, Mist } from "./renderer";

/** What the CPU renderer tells its worker. Arrays travel by transfer, not by copy. */
export type CpuRequest =
  | { kind: "geometry"; geometry: Geometry }
  | { kind: "target"; pairs: Uint32Array | null }
  | { kind: "ink"; ink: Uint32Array }
  | { kind: "ground"; ground: Ground }
  | { kind: "mist"; mist: Mist | null }
  | { kind: "frame"; id: number; frame: Frame; buffer: ArrayBuffer | null };

export interface CpuPicture {
  id: number;
  width: number;
  height: number;
  buffer: ArrayBuffer;
}

/** Obeys one request; a frame answers with its pixels. The same in the worker and without one. */
export function obey(raster: CpuRaster, request: CpuRequest): CpuPicture | null {
  switch (request.kind) {
    case "geometry":
      raster.setGeometry(request.geometry);
      return null;
    case "target":
      raster.setTarget(request.pairs);
      return null;
    case "ink":
      raster.setInk(request.ink);
      return null;
    case "ground":
      raster.setGround(request.ground);
      return null;
    case "mist":
      raster.setMist(request.mist);
      return null;
    case "frame": {
      const target = targetOf(request.frame, request.buffer ?? undefined);
      raster.paint(target, request.frame);
      const { width, height } = target;
      return { id: request.id, width, height, buffer: target.pixels.buffer as ArrayBuffer };
    }
  }
}

export const newRaster = (): CpuRaster => new CpuRaster();
