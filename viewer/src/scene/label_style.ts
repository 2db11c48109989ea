import type { MapTokens } from "./tokens";

const SERIF = '"Source Serif 4 Variable", "Source Serif 4", Georgia, serif';
const SANS =
  '"Source Sans 3 Variable", "Source Sans 3", "Noto Sans SC", "PingFang SC", "Microsoft YaHei", system-ui, sans-serif';

export interface LabelStyle {
  /** CSS font shorthand. */
  font: string;
  size: number;
  lineHeight: number;
  halo: number;
  /** Longest line in characters before the text is broken. */
  lineLength: number;
  ink: keyof Pick<MapTokens, "ink" | "ink2" | "ink3">;
}

/** Chinese, Japanese, Korean and full-width signs. */
export const isCjk = (text: string): boolean =>
  /[\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff\uff00-\uffef]/.test(text);

const isMostlyCjk = (text: string): boolean => [...text].filter(isCjk).length > text.length / 2;

interface Step {
  size: number;
  weight: number;
  halo: number;
  ink: LabelStyle["ink"];
  lineLength: number;
}

const STEPS: readonly Step[] = [
  { size: 19, weight: 600, halo: 4.5, ink: "ink", lineLength: 20 },
  { size: 13.5, weight: 500, halo: 3.5, ink: "ink2", lineLength: 22 },
  { size: 12.5, weight: 450, halo: 3.5, ink: "ink2", lineLength: 24 },
  { size: 12, weight: 400, halo: 3, ink: "ink3", lineLength: 26 },
];

/** How a label of a level is set: level 0 upright, deeper ones italic, no italics in Chinese. */
export function labelStyle(level: number, text: string, isPhone: boolean): LabelStyle {
  const step = STEPS[Math.min(level, STEPS.length - 1)];
  const size = isPhone ? Math.max(step.size * 0.84, 11.5) : step.size;
  const cjk = isCjk(text);
  const slant = level > 0 && !cjk ? "italic " : "";
  return {
    font: `${slant}${cjk && level > 0 ? 400 : step.weight} ${cjk ? size * 0.92 : size}px ${cjk ? SANS : SERIF}`,
    size,
    lineHeight: size * 1.16,
    halo: step.halo,
    lineLength: cjk ? Math.round(step.lineLength * (isMostlyCjk(text) ? 0.5 : 0.85)) : step.lineLength,
    ink: step.ink,
  };
}

const MOST_LINES = 3;

function cut(text: string, length: number): string {
  return text.length > length ? `${text.slice(0, length - 1).trimEnd()}…` : text;
}

/** Where a line may end: after every Chinese sign, and between words. */
function piecesOf(text: string): string[] {
  if (!isCjk(text)) return text.split(" ").map((word) => `${word} `);
  return (
    text.match(/[\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff\uff00-\uffef]|[^\s\u2e80-\uffef]+\s?|./gsu) ?? [text]
  );
}

/** Text broken into lines of similar length, at spaces where there are any. */
export function breakText(text: string, lineLength: number): string[] {
  const clean = text.replace(/\s+/g, " ").trim();
  const wanted = Math.min(Math.ceil(clean.length / lineLength), MOST_LINES);
  if (wanted <= 1) return [clean];
  const target = Math.min(Math.ceil(clean.length / wanted), lineLength);
  const pieces = piecesOf(clean);
  const lines: string[] = [""];
  for (const piece of pieces) {
    const last = lines.length - 1;
    const full = (lines[last] + piece).trim().length > target && lines[last] !== "";
    if (full && lines.length < MOST_LINES) lines.push(piece);
    else lines[last] += piece;
  }
  return lines.map((line) => cut(line.trim(), lineLength + 4));
}
