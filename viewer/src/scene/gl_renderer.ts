import type { Renderer } from "./renderer";

export function createGlRenderer(_lost: () => void): Renderer | null {
  return null;
}
