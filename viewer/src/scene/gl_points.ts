import { passesOf, projectionOf, stylesOf } from "./cpu_points";
import { makeProgram, makeTexture } from "./gl_program";
import { POINTS_FRAGMENT, POINTS_VERTEX } from "./gl_shaders";
import { bitsInDrawOrder } from "./order";
import type { Context, Frame, Geometry } from "./renderer";
import { FAINTEST, reachOf } from "./stamps";

const PAIR = 0;
const TARGET = 1;
const INK = 2;
const INSIDE = 3;

/** Rows on the graphics card: places are sent once, ink when colors change, a byte per row when the selection does. */
export class GlPoints {
  private readonly program;
  private readonly buffers;
  private readonly opacity;
  private readonly vertices;
  private geometry: Geometry | null = null;
  private hasTarget = false;
  private inked = 0;
  private context: Context | null = null;

  constructor(private readonly gl: WebGL2RenderingContext) {
    this.program = makeProgram(gl, POINTS_VERTEX, POINTS_FRAGMENT);
    this.buffers = [gl.createBuffer(), gl.createBuffer(), gl.createBuffer(), gl.createBuffer()];
    this.opacity = makeTexture(gl, gl.NEAREST);
    this.vertices = gl.createVertexArray();
    this.bind(PAIR, PAIR);
    this.bind(TARGET, PAIR);
    this.bind(INK, INK);
  }

  setGeometry(geometry: Geometry): void {
    this.geometry = geometry;
    this.upload(PAIR, geometry.pairs);
    this.setTarget(null);
  }

  setTarget(pairs: Uint32Array | null): void {
    this.hasTarget = pairs !== null;
    if (pairs) this.upload(TARGET, pairs);
    this.bind(TARGET, pairs ? TARGET : PAIR);
  }

  setInk(ink: Uint32Array): void {
    this.inked = ink.length;
    this.upload(INK, ink);
  }

  /** Without context the attribute is switched off and reads as a constant. */
  setContext(context: Context | null): void {
    const { gl } = this;
    this.context = context;
    gl.bindVertexArray(this.vertices);
    if (context && this.geometry) {
      this.upload(INSIDE, bitsInDrawOrder(context.inside, this.geometry.pairs.length));
      gl.enableVertexAttribArray(INSIDE);
      gl.vertexAttribIPointer(INSIDE, 1, gl.UNSIGNED_BYTE, 0, 0);
    } else gl.disableVertexAttribArray(INSIDE);
    gl.bindVertexArray(null);
  }

  draw(frame: Frame, width: number, height: number): void {
    const { gl, geometry, program } = this;
    if (!geometry || this.inked !== geometry.pairs.length) return;
    const { kx, bx, ky, by } = projectionOf(frame.view, geometry.extent);
    program.use();
    this.setOpacities(frame.opacities);
    gl.uniform4f(program.at("u_projection"), kx, bx, ky, by);
    gl.uniform2f(program.at("u_size"), width, height);
    gl.uniform1f(program.at("u_reach"), reachOf(frame.radius));
    gl.uniform1f(program.at("u_radius"), frame.radius);
    gl.uniform1f(program.at("u_faintest"), (FAINTEST - 0.5) / 256);
    gl.uniform1f(program.at("u_flight"), this.hasTarget ? frame.flight : 0);
    gl.uniform1ui(program.at("u_context"), this.context?.ink ?? 0);
    gl.vertexAttribI4ui(INSIDE, 1, 0, 0, 0);
    gl.bindVertexArray(this.vertices);
    for (const pass of passesOf(frame)) {
      gl.uniform2ui(program.at("u_styles"), ...stylesOf(pass));
      gl.drawArrays(gl.POINTS, 0, Math.ceil(geometry.pairs.length * frame.share));
    }
    gl.bindVertexArray(null);
  }

  private setOpacities(opacities: Uint16Array): void {
    const { gl } = this;
    gl.activeTexture(gl.TEXTURE0);
    gl.bindTexture(gl.TEXTURE_2D, this.opacity);
    gl.texImage2D(gl.TEXTURE_2D, 0, gl.R16UI, 256, 1, 0, gl.RED_INTEGER, gl.UNSIGNED_SHORT, opacities);
    gl.uniform1i(this.program.at("u_opacity"), 0);
  }

  private upload(slot: number, values: Uint32Array | Uint8Array): void {
    const { gl } = this;
    gl.bindBuffer(gl.ARRAY_BUFFER, this.buffers[slot]);
    gl.bufferData(gl.ARRAY_BUFFER, values, gl.STATIC_DRAW);
  }

  private bind(attribute: number, slot: number): void {
    const { gl } = this;
    gl.bindVertexArray(this.vertices);
    gl.bindBuffer(gl.ARRAY_BUFFER, this.buffers[slot]);
    gl.enableVertexAttribArray(attribute);
    gl.vertexAttribIPointer(attribute, 1, gl.UNSIGNED_INT, 0, 0);
    gl.bindVertexArray(null);
  }
}
