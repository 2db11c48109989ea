import type { MeasuredLabel } from "./label_layout";
import { breakText, type LabelStyle, labelStyle } from "./label_style";
import type { MapTokens } from "./tokens";
import type { SceneLabel } from "./types";

export type Context = CanvasRenderingContext2D;

/** A label drawn once, to be stamped on every frame. */
export interface LabelSprite {
  canvas: HTMLCanvasElement;
  /** CSS pixels, halo included. */
  width: number;
  height: number;
}

interface SetText {
  lines: string[];
  style: LabelStyle;
}

const setText = (label: SceneLabel, isPhone: boolean): SetText => {
  const style = labelStyle(label.level, label.text, isPhone);
  return { lines: breakText(label.text, style.lineLength), style };
};

/** Sizes of all labels with a voice; empty texts have none. */
export function measureLabels(c: Context, labels: readonly SceneLabel[], isPhone: boolean): MeasuredLabel[] {
  return labels
    .filter((label) => label.text.trim() !== "")
    .map((label) => {
      const { lines, style } = setText(label, isPhone);
      c.font = style.font;
      const width = Math.max(...lines.map((line) => c.measureText(line).width));
      return { label, width, height: lines.length * style.lineHeight };
    });
}

function drawLines(c: Context, text: SetText, width: number, height: number, tokens: MapTokens): void {
  const { lines, style } = text;
  c.font = style.font;
  c.textAlign = "center";
  c.textBaseline = "alphabetic";
  c.lineJoin = "round";
  c.lineWidth = style.halo;
  c.strokeStyle = tokens.land;
  c.fillStyle = tokens[style.ink];
  const top = height / 2 - (lines.length * style.lineHeight) / 2;
  const baseline = (k: number) => top + (k + 0.5) * style.lineHeight + style.size * 0.33;
  for (const [k, line] of lines.entries()) c.strokeText(line, width / 2, baseline(k));
  for (const [k, line] of lines.entries()) c.fillText(line, width / 2, baseline(k));
}

/** Draws a label with its halo on a canvas of its own, at the screen's resolution. */
export function makeSprite(
  measured: MeasuredLabel,
  isPhone: boolean,
  dpr: number,
  tokens: MapTokens,
): LabelSprite {
  const text = setText(measured.label, isPhone);
  const room = 2 * text.style.halo + 4;
  const width = measured.width + room;
  const height = measured.height + room;
  const canvas = document.createElement("canvas");
  canvas.width = Math.ceil(width * dpr);
  canvas.height = Math.ceil(height * dpr);
  const c = canvas.getContext("2d");
  if (c) {
    c.scale(dpr, dpr);
    drawLines(c, text, width, height, tokens);
  }
  return { canvas, width: canvas.width / dpr, height: canvas.height / dpr };
}
