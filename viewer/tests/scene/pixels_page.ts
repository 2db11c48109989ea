import { type View, viewOf } from "../../src/scene/camera";
import { createCpuRenderer } from "../../src/scene/cpu_renderer";
import { createGlRenderer } from "../../src/scene/gl_renderer";
import { paintGround, paintMist } from "../../src/scene/ground";
import { contextInk, inkOf, opacityTable, pointRadius } from "../../src/scene/ink";
import { inDrawOrder, pairsOf } from "../../src/scene/order";
import type { Frame, Renderer } from "../../src/scene/renderer";
import { terrainOf } from "../../src/scene/terrain";
import { mapTokens, packRgb, rgbOf } from "../../src/scene/tokens";
import type { Theme } from "../../src/scene/types";
import { groups } from "./made";

export interface Shot {
  theme: Theme;
  zoom: number;
  dpr: number;
  context: boolean;
  veil: boolean;
  flight: number;
}

export interface Difference {
  /** Mean over pixels of the largest channel difference, 0…255. */
  mean: number;
  /** Share of pixels that differ by more than 8 of 255 in a channel. */
  differing: number;
  /** Share of pixels that are not sea: a blank picture compares well with another blank one. */
  drawn: number;
}

const { points, group } = groups(30_000, 6);
const other = groups(30_000, 4, 23).points;
const terrain = terrainOf(points);
const PALETTE = ["#0D76C8", "#D2500E", "#0B6A50", "#BB8D38", "#784693", "#08A0A6"];

function feed(renderer: Renderer, shot: Shot): void {
  const tokens = mapTokens(shot.theme);
  const { frame, land, wide } = terrain.density;
  const veil = shot.veil ? group.map((k) => (k % 2 ? 255 : 20)) : null;
  const inside = shot.context ? new Uint32Array(1000).fill(0x0f0f0f0f) : null;
  const colors = { index: group, palette: Uint32Array.from(PALETTE, (color) => packRgb(rgbOf(color))) };
  renderer.setGeometry({ pairs: inDrawOrder(pairsOf(points.places)), extent: points.extent });
  renderer.setTarget(shot.flight > 0 ? inDrawOrder(pairsOf(other.places)) : null);
  renderer.setInk(inkOf({ n: points.n, colors, crowd: terrain.crowd, veil }, tokens));
  renderer.setContext(inside && { inside, ink: contextInk(tokens) });
  renderer.setGround({ frame, colors: paintGround(land, wide, tokens), sea: packRgb(rgbOf(tokens.sea)) });
  const opacity = veil && paintMist(points, veil, terrain.density);
  renderer.setMist(opacity && { frame, opacity, color: packRgb(rgbOf(tokens.mist)) });
}

function frameOf(shot: Shot): Frame {
  const view: View = viewOf({ x: 8, y: -5, zoom: shot.zoom }, points.extent, {
    width: 420,
    height: 320,
    dpr: shot.dpr,
  });
  return {
    view,
    radius: pointRadius(points.n, shot.zoom, 1200) * shot.dpr,
    opacities: opacityTable(shot.zoom, mapTokens(shot.theme).pointOpacity),
    share: 1,
    hasContext: shot.context,
    flight: shot.flight,
  };
}

async function pixelsOf(renderer: Renderer, shot: Shot): Promise<Uint8ClampedArray> {
  feed(renderer, shot);
  const picture = (await renderer.snapshot(frameOf(shot))) as HTMLCanvasElement;
  const copy = new OffscreenCanvas(picture.width, picture.height);
  const c = copy.getContext("2d");
  if (!c) throw new Error("A 2D canvas must be there to compare pixels.");
  c.drawImage(picture, 0, 0);
  return c.getImageData(0, 0, picture.width, picture.height).data;
}

function compare(a: Uint8ClampedArray, b: Uint8ClampedArray, sea: number[]): Difference {
  let [sum, differing, drawn] = [0, 0, 0];
  for (let k = 0; k < a.length; k += 4) {
    const most = Math.max(...[0, 1, 2].map((channel) => Math.abs(a[k + channel] - b[k + channel])));
    sum += most;
    if (most > 8) differing++;
    if (sea.some((value, channel) => Math.abs(a[k + channel] - value) > 2)) drawn++;
  }
  const count = a.length / 4;
  return { mean: sum / count, differing: differing / count, drawn: drawn / count };
}

async function difference(shot: Shot): Promise<Difference> {
  const cpu = createCpuRenderer();
  const card = createGlRenderer(() => {});
  if (!card) throw new Error("WebGL2 must be there to be compared, but this browser offers none.");
  const [a, b] = [await pixelsOf(cpu, shot), await pixelsOf(card, shot)];
  cpu.destroy();
  card.destroy();
  return compare(a, b, [...rgbOf(mapTokens(shot.theme).sea)]);
}

declare global {
  interface Window {
    difference: (shot: Shot) => Promise<Difference>;
  }
}
window.difference = difference;
