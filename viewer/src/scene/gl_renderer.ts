import { GlCells } from "./gl_cells";
import { GlPoints } from "./gl_points";
import type { Frame, Renderer } from "./renderer";

const CONTEXT: WebGLContextAttributes = {
  alpha: false,
  antialias: false,
  depth: false,
  stencil: false,
  powerPreference: "high-performance",
  preserveDrawingBuffer: false,
};

/** Ground, points and mist on the graphics card; null where it cannot. `lost` is called when the card goes away. */
export function createGlRenderer(lost: () => void): Renderer | null {
  const canvas = document.createElement("canvas");
  const gl = canvas.getContext("webgl2", CONTEXT);
  if (!gl) return null;
  try {
    return rendererOn(gl, canvas, lost);
  } catch {
    return null;
  }
}

function rendererOn(gl: WebGL2RenderingContext, canvas: HTMLCanvasElement, lost: () => void): Renderer {
  const cells = new GlCells(gl);
  const points = new GlPoints(gl);
  let last: Frame | null = null;
  canvas.addEventListener("webglcontextlost", lost, { once: true });

  const paint = (frame: Frame) => {
    const [width, height] = [
      Math.round(frame.view.width * frame.view.dpr),
      Math.round(frame.view.height * frame.view.dpr),
    ];
    if (canvas.width !== width) canvas.width = width;
    if (canvas.height !== height) canvas.height = height;
    gl.viewport(0, 0, width, height);
    gl.disable(gl.BLEND);
    cells.drawGround(frame.view);
    gl.enable(gl.BLEND);
    gl.blendFuncSeparate(gl.SRC_ALPHA, gl.ONE_MINUS_SRC_ALPHA, gl.ZERO, gl.ONE);
    points.draw(frame, width, height);
    cells.drawMist(frame.view);
  };

  return {
    kind: "webgl2",
    canvas,
    setGeometry: (geometry) => points.setGeometry(geometry),
    setTarget: (pairs) => points.setTarget(pairs),
    setInk: (ink) => points.setInk(ink),
    setContext: (context) => points.setContext(context),
    setGround: (ground) => cells.setGround(ground),
    setMist: (mist) => cells.setMist(mist),
    async draw(frame) {
      paint(frame);
      last = frame;
      return true;
    },
    async snapshot(frame) {
      paint(frame);
      const copy = document.createElement("canvas");
      copy.width = canvas.width;
      copy.height = canvas.height;
      copy.getContext("2d")?.drawImage(canvas, 0, 0);
      if (last) paint(last);
      return copy;
    },
    destroy() {
      canvas.removeEventListener("webglcontextlost", lost);
      gl.getExtension("WEBGL_lose_context")?.loseContext();
    },
  };
}
