import { toScreen, type View } from "./camera";
import type { Line } from "./contours";
import { labelOpacity, layoutLabels } from "./label_layout";
import { measureLabels } from "./label_sprites";
import { breakText, labelStyle } from "./label_style";
import type { OverlayParts } from "./overlay";
import { frameOf } from "./painter";
import { isInside } from "./picking";
import { type PictureRequest, pictureSize } from "./picture";
import { cssOf, type MapTokens, mapTokens } from "./tokens";
import type { SceneState } from "./types";

/** Up to here every row is a dot of its own; more would make a file that no drawing program opens. */
export const MOST_DOTS = 20_000;
const CONTOUR_OPACITY = [0.16, 0.2, 0.24];
const SHORE_OPACITY = 0.3;

/** What `<`, `&` and quotes of a text become inside SVG; signs that XML does not know are left out. */
export function escaped(text: string): string {
  const known = [...text].filter((sign) => sign >= " " || sign === "\t" || sign === "\n").join("");
  return known
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");
}

/** The map as the inside of an SVG of `wanted` pixels: lines and letters as such, rows as dots where they are few. */
export async function composeSvg(request: PictureRequest): Promise<string> {
  const { state, parts, wanted } = request;
  const view = request.view({ ...pictureSize(request.shown, wanted), dpr: 1 });
  const scale = wanted.width / view.width;
  const tokens = mapTokens(state.theme);
  const isFew = parts.points.n <= MOST_DOTS;
  const below = isFew ? ground(view, parts, tokens) : await picture(request, view);
  const lines = parts.contours && state.contours ? contourLines(view, parts.contours, tokens) : "";
  const dots = isFew ? dotsOf(view, state, parts) : "";
  const letters = state.labelsOn && parts.labeled ? labelTexts(view, state, tokens) : "";
  return `<g transform="scale(${scale.toFixed(4)})">${below}${lines}${dots}${letters}</g>`;
}

function ground(view: View, parts: OverlayParts, tokens: MapTokens): string {
  const sea = `<rect width="${round(view.width)}" height="${round(view.height)}" fill="${tokens.sea}"/>`;
  if (!parts.contours) return sea;
  return `${sea}<path d="${pathData(parts.contours.shore, view)}" fill="${tokens.land}" fill-rule="evenodd"/>`;
}

/** Ground and rows as pixels, three to one of the page's. */
async function picture(request: PictureRequest, view: View): Promise<string> {
  const fine = { ...view, dpr: 3 };
  const image = await request.renderer.snapshot(frameOf(fine, request.state, 1, request.flight));
  const canvas = document.createElement("canvas");
  canvas.width = Math.round(view.width * fine.dpr);
  canvas.height = Math.round(view.height * fine.dpr);
  canvas.getContext("2d")?.drawImage(image, 0, 0);
  const size = `width="${round(view.width)}" height="${round(view.height)}"`;
  return `<image ${size} href="${canvas.toDataURL("image/png")}"/>`;
}

function contourLines(
  view: View,
  contours: NonNullable<OverlayParts["contours"]>,
  tokens: MapTokens,
): string {
  const stroke = (lines: readonly Line[], opacity: number) =>
    `<path d="${pathData(lines, view)}" fill="none" stroke="${tokens.contour}" stroke-opacity="${opacity}"/>`;
  const levels = contours.levels.map((lines, k) => stroke(lines, CONTOUR_OPACITY[k]));
  return stroke(contours.shore, SHORE_OPACITY) + levels.join("");
}

function pathData(lines: readonly Line[], view: View): string {
  return lines
    .map(({ places, closed }) => {
      const corners: string[] = [];
      for (let k = 0; k < places.length; k += 2) {
        const [x, y] = toScreen(view, places[k], places[k + 1]);
        corners.push(`${round(x)} ${round(y)}`);
      }
      return `M${corners.join("L")}${closed ? "Z" : ""}`;
    })
    .join("");
}

/** Rows of one color as one path of dots, context first; a stroke of no length with round ends is a dot. */
export function dotsOf(view: View, state: SceneState, { points }: OverlayParts): string {
  const frame = frameOf(view, { ...state, points }, 1, 0);
  const [x0, y0, x1, y1] = points.extent;
  const groups = new Map<string, string[]>();
  for (let row = 0; row < points.n; row++) {
    const [mx, my] = [points.places[2 * row] / 65535, points.places[2 * row + 1] / 65535];
    const [x, y] = toScreen(view, x0 + mx * (x1 - x0), y0 + my * (y1 - y0));
    if (x < 0 || y < 0 || x > view.width || y > view.height) continue;
    const slot = Math.min(state.colors.index[row], state.colors.palette.length - 1);
    const color = isInside(state.inside, row) ? cssOf(state.colors.palette[slot]) : "";
    const group = groups.get(color) ?? [];
    group.push(`M${round(x)} ${round(y)}h0`);
    groups.set(color, group);
  }
  const tokens = mapTokens(state.theme);
  const paths = [...groups]
    .sort(([a], [b]) => Number(a !== "") - Number(b !== ""))
    .map(([color, dots]) => {
      const [hue, opacity] = color ? [color, tokens.pointOpacity] : [tokens.grey, 0.36];
      return `<path d="${dots.join("")}" stroke="${hue}" stroke-opacity="${opacity}"/>`;
    });
  const width = round(2 * frame.radius);
  return `<g fill="none" stroke-linecap="round" stroke-width="${width}">${paths.join("")}</g>`;
}

function labelTexts(view: View, state: SceneState, tokens: MapTokens): string {
  const pen = document.createElement("canvas").getContext("2d");
  if (!pen) return "";
  const placed = layoutLabels(measureLabels(pen, state.labels, false), view.scale / view.zoom, false);
  return placed
    .filter((one) => labelOpacity(one, view.scale) > 0)
    .map(({ label, shift }) => {
      const [x, y] = toScreen(view, label.x, label.y);
      const style = labelStyle(label.level, label.text, false);
      const lines = breakText(label.text, style.lineLength);
      const first = y + shift - ((lines.length - 1) * style.lineHeight) / 2;
      const said = lines.map(
        (line, k) =>
          `<tspan x="${round(x)}" y="${round(first + k * style.lineHeight)}">${escaped(line)}</tspan>`,
      );
      const halo = `paint-order="stroke" stroke="${tokens.land}" stroke-width="${style.halo}" stroke-linejoin="round"`;
      return `<text ${fontOf(style.font)} fill="${tokens[style.ink]}" ${halo} text-anchor="middle" dominant-baseline="central">${said.join("")}</text>`;
    })
    .join("");
}

/** A CSS font as attributes, which drawing programs read and a page's policy allows. */
export function fontOf(font: string): string {
  const [, slant, weight, size, family] = /^(italic )?(\d+) ([\d.]+)px (.+)$/.exec(font) ?? [];
  const italic = slant ? ' font-style="italic"' : "";
  return `font-family="${escaped(family ?? "serif")}" font-size="${size}" font-weight="${weight}"${italic}`;
}

const round = (value: number): string => String(Math.round(value * 100) / 100);
