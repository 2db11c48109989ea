/** Numbers, shares and dates as people write them; the minus sign is a real one. */

import type { ColumnInfo, Json } from "./map_folder";

export type Language = "en" | "zh";

const LOCALES: Record<Language, string> = { en: "en-US", zh: "zh-CN" };

export function countText(n: number): string {
  return new Intl.NumberFormat("en-US", { maximumFractionDigits: 0 }).format(n).replace("-", "−");
}

/** As many decimals as tell apart a hundredth of `span`. */
export function numberText(value: number, span = Math.abs(value)): string {
  if (!Number.isFinite(value)) return "–";
  const size = Math.max(Math.abs(span), 1e-300);
  if (size >= 1e9 || (size < 1e-4 && value !== 0)) return value.toPrecision(3).replace("-", "−");
  const decimals = Math.min(6, Math.max(0, 2 - Math.floor(Math.log10(size))));
  return trimmed(value, Number.isInteger(value) ? 0 : decimals);
}

export function shareText(share: number, language: Language): string {
  const percent = share * 100;
  const decimals = percent > 0 && percent < 10 ? 1 : percent > 99 && percent < 100 ? 1 : 0;
  return `${percent.toFixed(decimals)}${language === "en" ? "\u202f" : ""}%`;
}

/** A score: three decimals, four where three would read as perfect. */
export function scoreText(value: number): string {
  if (!Number.isFinite(value)) return "–";
  if (Math.abs(value) >= 100) return numberText(value);
  const short = value.toFixed(3);
  return (Math.abs(value) < 1 && Math.abs(Number(short)) >= 1 ? value.toFixed(4) : short).replace("-", "−");
}

/** Milliseconds since 1970 as a date, with the time of day where the span is short. */
export function timeText(ms: number, span: number, language: Language): string {
  if (!Number.isFinite(ms)) return "–";
  const days = span / 86_400_000;
  const options: Intl.DateTimeFormatOptions =
    days < 3
      ? { dateStyle: "medium", timeStyle: "short" }
      : days > 1500
        ? { year: "numeric", month: "short" }
        : { dateStyle: "medium" };
  return new Intl.DateTimeFormat(LOCALES[language], { ...options, timeZone: "UTC" }).format(new Date(ms));
}

/** One value of a column, as decoded from its steps. */
export function valueText(info: ColumnInfo, value: number, language: Language): string {
  const span = (info.max ?? 1) - (info.min ?? 0);
  if (info.group === "map" && info.name === "kept")
    return String(Math.round((info.max ?? 0) > 1 ? value : value * 15));
  if (info.kind === "time") return timeText(value, span, language);
  return numberText(roundedFor(info, value), span);
}

/** One value as the server previewed it, in at most `limit` characters. */
export function previewText(value: Json | undefined, limit = 400): string {
  if (value === null || value === undefined || value === "") return "–";
  if (typeof value === "number") return numberText(value);
  const text = typeof value === "object" ? JSON.stringify(value) : String(value);
  return text.length > limit ? `${text.slice(0, limit)}…` : text;
}

/** Whole numbers came through 65,535 steps: give them back whole. */
function roundedFor(info: ColumnInfo, value: number): number {
  const [low, high] = [info.min ?? 0, info.max ?? 1];
  const isWhole = Number.isInteger(low) && Number.isInteger(high) && high - low < 20_000 && high - low >= 2;
  return isWhole && Math.abs(value - Math.round(value)) <= (high - low) / 65534 ? Math.round(value) : value;
}

function trimmed(value: number, decimals: number): string {
  const fixed = value.toFixed(decimals);
  const short = fixed.includes(".") ? fixed.replace(/\.?0+$/, "") : fixed;
  return new Intl.NumberFormat("en-US", { maximumFractionDigits: 6 }).format(Number(short)).replace("-", "−");
}
