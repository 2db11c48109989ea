/** The map as a drawing to print: 180 mm wide, title above, legend beside, letters and lines as such. */

import type { Explorer } from "./explorer";
import { GROUP_HUES, isComparing } from "./groups";
import { escaped } from "./scene";

const WIDE_MM = 180;
const [WIDTH, HEIGHT] = [1180, 900];
const MARGIN = 28;
const HEAD = 64;
const LEGEND = 200;

export async function composeSvgFile(explorer: Explorer): Promise<Blob> {
  const scene = explorer.scene.get();
  if (!scene) throw new Error("no scene");
  const map = await scene.drawing(WIDTH, HEIGHT);
  const [width, height] = [WIDTH + LEGEND + 2 * MARGIN, HEIGHT + HEAD + 2 * MARGIN];
  const size = `width="${WIDE_MM}mm" height="${((WIDE_MM * height) / width).toFixed(1)}mm"`;
  const parts = [
    `<svg xmlns="http://www.w3.org/2000/svg" ${size} viewBox="0 0 ${width} ${height}" font-family="${escaped(token("--sans"))}">`,
    `<title>${escaped(explorer.info.name)}</title>`,
    `<rect width="${width}" height="${height}" fill="${token("--sea")}"/>`,
    `<svg x="${MARGIN + LEGEND}" y="${MARGIN + HEAD}" width="${WIDTH}" height="${HEIGHT}" overflow="hidden">${map}</svg>`,
    titleOf(explorer),
    legendOf(explorer),
    "</svg>",
  ];
  return new Blob(parts, { type: "image/svg+xml" });
}

function titleOf({ info, words, masks }: Explorer): string {
  const { t, count } = words.get();
  const { inside, nInside } = masks.get();
  const rows = inside
    ? `${count(nInside)} ${t("count.of", { n: info.nRows })}`
    : t("count.rows", { n: info.nRows });
  return (
    text(
      info.name,
      MARGIN,
      MARGIN + 28,
      `font-family="${escaped(token("--serif"))}" font-weight="600" font-size="30"`,
    ) + text(rows, MARGIN, MARGIN + 52, `fill="${token("--ink-3")}" font-size="15"`)
  );
}

interface Entry {
  name: string;
  color: string;
}

function legendOf(explorer: Explorer): string {
  const { view, groups, words, theme, coloring, info } = explorer;
  const top = MARGIN + HEAD + 24;
  const heading = (name: string) => text(name, MARGIN, top, 'font-weight="600" font-size="15"');
  if (isComparing(groups.get(), view.get())) {
    const [a, b] = GROUP_HUES[theme.get()].map((hue) => `#${hue}`);
    const both = [
      { name: "A", color: a },
      { name: "B", color: b },
    ];
    return heading(words.get().t("groups.title")) + keysOf(both, top);
  }
  const column = view.get().colorBy;
  if (column === null) return "";
  const title = heading(words.get().title(info.columns[column]));
  return coloring.get().stops.length
    ? title + rampOf(explorer, column, top + 14)
    : title + keysOf(entriesOf(explorer, column), top);
}

function entriesOf({ coloring, columns, words, info, naming }: Explorer, column: number): Entry[] {
  const data = columns.have(column);
  return coloring.get().keys.map((key) => ({
    color: key.color,
    name:
      data?.type === "codes" && !key.isOther
        ? words.get().category(data.names[key.codes[0]], info.columns[column], naming)
        : words.get().t("otherN", { n: key.codes.length }),
  }));
}

function keysOf(entries: Entry[], top: number): string {
  return entries
    .map(({ name, color }, i) => {
      const y = top + 25 * (i + 1);
      const dot = `<circle cx="${MARGIN + 6}" cy="${y - 5}" r="5.5" fill="${color}"/>`;
      return dot + text(cut(name), MARGIN + 20, y, 'font-size="14"');
    })
    .join("");
}

function rampOf({ coloring, info, words }: Explorer, column: number, y: number): string {
  const { stops } = coloring.get();
  const width = LEGEND - 40;
  const colors = stops.map(
    (color, i) => `<stop offset="${(i / (stops.length - 1)).toFixed(3)}" stop-color="${color}"/>`,
  );
  const one = info.columns[column];
  const small = `fill="${token("--ink-3")}" font-size="14"`;
  return (
    `<defs><linearGradient id="ramp">${colors.join("")}</linearGradient></defs>` +
    `<rect x="${MARGIN}" y="${y}" width="${width}" height="12" fill="url(#ramp)"/>` +
    text(words.get().value(one, one.min ?? 0), MARGIN, y + 30, small) +
    text(words.get().value(one, one.max ?? 0), MARGIN + width, y + 30, `${small} text-anchor="end"`)
  );
}

const MOST_LETTERS = 26;
const cut = (name: string) => (name.length > MOST_LETTERS ? `${name.slice(0, MOST_LETTERS - 1)}…` : name);

function text(said: string, x: number, y: number, more: string): string {
  const fill = more.includes("fill=") ? "" : ` fill="${token("--ink")}"`;
  return `<text x="${x}" y="${y}"${fill} ${more}>${escaped(said)}</text>`;
}

function token(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}
