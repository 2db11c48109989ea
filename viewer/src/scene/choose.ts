import { createCpuRenderer } from "./cpu_renderer";
import { createGlRenderer } from "./gl_renderer";
import type { Renderer } from "./renderer";
import type { SceneOptions } from "./types";

/** Names under which software pretends to be a graphics card. */
const SOFTWARE = /swiftshader|llvmpipe|lavapipe|softpipe|software|basic render|virgl|mesa offscreen/i;

export const isSoftware = (name: string): boolean => SOFTWARE.test(name);

/** Name of what draws WebGL2 here, or null where there is no WebGL2. */
export function glName(): string | null {
  const canvas = document.createElement("canvas");
  const gl = canvas.getContext("webgl2");
  if (!gl) return null;
  const info = gl.getExtension("WEBGL_debug_renderer_info");
  const name = String(gl.getParameter(info ? info.UNMASKED_RENDERER_WEBGL : gl.RENDERER));
  gl.getExtension("WEBGL_lose_context")?.loseContext();
  return name;
}

/** WebGL2 on a graphics card; the processor everywhere else, where it is the faster of the two. */
export function createRenderer(wanted: NonNullable<SceneOptions["renderer"]>, lost: () => void): Renderer {
  if (wanted === "cpu") return createCpuRenderer();
  if (wanted === "auto") {
    const name = glName();
    if (name === null || isSoftware(name)) return createCpuRenderer();
  }
  return createGlRenderer(lost) ?? createCpuRenderer();
}
