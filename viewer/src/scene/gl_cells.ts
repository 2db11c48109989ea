import type { View } from "./camera";
import { type FieldFrame, GRID } from "./field";
import { makeProgram, makeTexture, type Program } from "./gl_program";
import { CELLS_VERTEX, GROUND_FRAGMENT, MIST_FRAGMENT } from "./gl_shaders";
import type { Ground, Mist } from "./renderer";

const channels = (packed: number): [number, number, number] => [
  (packed & 255) / 255,
  ((packed >> 8) & 255) / 255,
  ((packed >> 16) & 255) / 255,
];

/** Corners of the window in field coordinates, 0…1 across the field. */
function windowOn(view: View, frame: FieldFrame): [number, number, number, number] {
  const side = frame.cell * GRID;
  const left = (-view.originX / view.scale - frame.left) / side;
  const top = (frame.top - view.originY / view.scale) / side;
  return [left, top, left + view.width / view.scale / side, top + view.height / view.scale / side];
}

/** Ground below and mist above the points. */
export class GlCells {
  private readonly groundProgram: Program;
  private readonly mistProgram: Program;
  private readonly groundTexture: WebGLTexture;
  private readonly mistTexture: WebGLTexture;
  private ground: Ground | null = null;
  private mist: Mist | null = null;

  constructor(private readonly gl: WebGL2RenderingContext) {
    this.groundProgram = makeProgram(gl, CELLS_VERTEX, GROUND_FRAGMENT);
    this.mistProgram = makeProgram(gl, CELLS_VERTEX, MIST_FRAGMENT);
    this.groundTexture = makeTexture(gl, gl.LINEAR);
    this.mistTexture = makeTexture(gl, gl.LINEAR);
  }

  setGround(ground: Ground): void {
    const { gl } = this;
    this.ground = ground;
    gl.bindTexture(gl.TEXTURE_2D, this.groundTexture);
    const bytes = new Uint8Array(ground.colors.buffer, ground.colors.byteOffset, ground.colors.byteLength);
    gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA8, GRID, GRID, 0, gl.RGBA, gl.UNSIGNED_BYTE, bytes);
  }

  setMist(mist: Mist | null): void {
    const { gl } = this;
    this.mist = mist;
    if (!mist) return;
    gl.bindTexture(gl.TEXTURE_2D, this.mistTexture);
    gl.pixelStorei(gl.UNPACK_ALIGNMENT, 1);
    gl.texImage2D(gl.TEXTURE_2D, 0, gl.R8, GRID, GRID, 0, gl.RED, gl.UNSIGNED_BYTE, mist.opacity);
  }

  drawGround(view: View): void {
    if (this.ground)
      this.cover(this.groundProgram, this.groundTexture, view, this.ground.frame, this.ground.sea);
  }

  drawMist(view: View): void {
    if (this.mist) this.cover(this.mistProgram, this.mistTexture, view, this.mist.frame, this.mist.color);
  }

  private cover(program: Program, texture: WebGLTexture, view: View, frame: FieldFrame, color: number): void {
    const { gl } = this;
    program.use();
    gl.activeTexture(gl.TEXTURE0);
    gl.bindTexture(gl.TEXTURE_2D, texture);
    gl.uniform1i(program.at("u_cells"), 0);
    gl.uniform4f(program.at("u_window"), ...windowOn(view, frame));
    gl.uniform3f(program.at("u_sea"), ...channels(color));
    gl.drawArrays(gl.TRIANGLE_STRIP, 0, 4);
  }
}
