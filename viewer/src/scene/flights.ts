import { betweenCameras, ease } from "./camera";
import type { Camera } from "./types";

/** The camera's movement in time; nothing moves by itself. */
export class CameraFlight {
  private flight: { from: Camera; to: Camera; start: number; ms: number } | null = null;

  /** Where the camera is heading, or null at rest. */
  get goal(): Camera | null {
    return this.flight?.to ?? null;
  }

  start(from: Camera, to: Camera, now: number, ms: number): void {
    this.flight = { from, to, start: now, ms: Math.max(ms, 1) };
  }

  stop(): void {
    this.flight = null;
  }

  /** Camera at a time; null when at rest. The last answer of a flight is its goal. */
  at(now: number): Camera | null {
    if (!this.flight) return null;
    const { from, to, start, ms } = this.flight;
    const time = (now - start) / ms;
    if (time >= 1) {
      this.flight = null;
      return to;
    }
    return betweenCameras(from, to, ease(time));
  }
}

/** Rows' movement between two layouts: 0 at the first, 1 at the second. */
export class RowFlight {
  private last = 0;
  private moving: { from: number; to: number; start: number; ms: number } | null = null;

  get share(): number {
    return this.last;
  }

  get isMoving(): boolean {
    return this.moving !== null;
  }

  place(share: number): void {
    this.last = share;
    this.moving = null;
  }

  start(to: number, now: number, ms: number): void {
    this.moving = { from: this.last, to, start: now, ms: Math.max(ms, 1) };
  }

  /** Share at a time; null when at rest. */
  at(now: number): number | null {
    if (!this.moving) return null;
    const { from, to, start, ms } = this.moving;
    const time = Math.min((now - start) / ms, 1);
    this.last = from + (to - from) * ease(time);
    if (time >= 1) this.place(to);
    return this.last;
  }
}

export const prefersStillness = (): boolean =>
  typeof matchMedia === "function" && matchMedia("(prefers-reduced-motion: reduce)").matches;
