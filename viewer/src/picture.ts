/** The map as a picture to print: title above, legend beside, twice the pixels of the screen. */

import type { Explorer } from "./explorer";

const SCALE = 2;
const MARGIN = 28;
const HEAD = 64;
const LEGEND = 190;

export async function composePicture(explorer: Explorer): Promise<Blob> {
  const scene = explorer.scene.get();
  if (!scene) throw new Error("no scene");
  const [width, height] = [1400, 1050];
  const map = await createImageBitmap(await scene.picture(width * SCALE, height * SCALE));
  const canvas = document.createElement("canvas");
  canvas.width = (width + LEGEND + 2 * MARGIN) * SCALE;
  canvas.height = (height + HEAD + 2 * MARGIN) * SCALE;
  const pen = canvas.getContext("2d")!;
  pen.scale(SCALE, SCALE);
  pen.fillStyle = token("--sea");
  pen.fillRect(0, 0, canvas.width, canvas.height);
  pen.drawImage(map, MARGIN + LEGEND, MARGIN + HEAD, width, height);
  drawTitle(pen, explorer);
  drawLegend(pen, explorer);
  return new Promise((done, failed) =>
    canvas.toBlob((blob) => (blob ? done(blob) : failed(new Error("no picture"))), "image/png"),
  );
}

function drawTitle(pen: CanvasRenderingContext2D, explorer: Explorer): void {
  const { info, words, masks } = explorer;
  pen.fillStyle = token("--ink");
  pen.font = `600 30px ${token("--serif")}`;
  pen.fillText(info.name, MARGIN, MARGIN + 28);
  pen.fillStyle = token("--ink-3");
  pen.font = `400 15px ${token("--sans")}`;
  const { t, count } = words.get();
  const { inside, nInside } = masks.get();
  const rows = inside
    ? `${count(nInside)} ${t("count.of", { n: info.nRows })}`
    : t("count.rows", { n: info.nRows });
  pen.fillText(rows, MARGIN, MARGIN + 52);
}

function drawLegend(pen: CanvasRenderingContext2D, explorer: Explorer): void {
  const column = explorer.view.get().colorBy;
  if (column === null) return;
  const { keys, stops } = explorer.coloring.get();
  const info = explorer.info.columns[column];
  let y = MARGIN + HEAD + 24;
  pen.fillStyle = token("--ink");
  pen.font = `600 15px ${token("--sans")}`;
  pen.fillText(explorer.words.get().title(info), MARGIN, y, LEGEND - 24);
  pen.font = `400 14px ${token("--sans")}`;
  const data = explorer.columns.have(column);
  for (const key of keys) {
    y += 25;
    pen.fillStyle = key.color;
    pen.beginPath();
    pen.arc(MARGIN + 6, y - 5, 5.5, 0, 2 * Math.PI);
    pen.fill();
    pen.fillStyle = token("--ink");
    const name =
      data?.type === "codes" && !key.isOther
        ? explorer.words.get().category(data.names[key.codes[0]], info, explorer.naming)
        : explorer.words.get().t("other");
    pen.fillText(name, MARGIN + 20, y, LEGEND - 44);
  }
  if (stops.length) drawRamp(pen, explorer, y + 14);
}

function drawRamp(pen: CanvasRenderingContext2D, explorer: Explorer, y: number): void {
  const { stops } = explorer.coloring.get();
  const info = explorer.info.columns[explorer.view.get().colorBy!];
  const width = LEGEND - 40;
  stops.forEach((color, i) => {
    pen.fillStyle = color;
    pen.fillRect(MARGIN + (i / stops.length) * width, y, width / stops.length + 1, 12);
  });
  pen.fillStyle = token("--ink-3");
  const words = explorer.words.get();
  pen.fillText(words.value(info, info.min ?? 0), MARGIN, y + 30);
  pen.textAlign = "right";
  pen.fillText(words.value(info, info.max ?? 0), MARGIN + width, y + 30);
  pen.textAlign = "left";
}

function token(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}
