/** From what a person pointed at to the rows it holds. */

import type { Backend } from "./backend";
import { type Beside, rowsInside } from "./beside";
import { bitsOf, emptyBits } from "./bits";
import type { Columns } from "./columns";
import { type Confusion, confusionOf, evaluatedParts, nCounted } from "./evaluation";
import type { Bits, Codes, MapInfo } from "./map_folder";
import { rolesOf } from "./roles";
import type { Scene } from "./scene/types";
import type { Part, Shape } from "./store";

const MOST_FOUND = 10_000;

export function shapeReader(
  info: MapInfo,
  backend: Backend,
  columns: Columns,
  scene: () => Promise<Scene>,
  beside: () => Promise<Beside>,
): (part: Part) => Promise<Bits> {
  const readers: { [K in Shape["kind"]]: (shape: Extract<Shape, { kind: K }>) => Promise<Bits> } = {
    polygon: async ({ points }) => new Uint32Array((await scene()).inPolygon(Float32Array.from(points))),
    beside: async ({ points }) => rowsInside(await beside(), Float32Array.from(points), info.nRows),
    region: ({ id }) => rowsOfRegion(info, columns, id),
    finding: async ({ index }) => bitsOf(info.findings[index]?.rows ?? [], info.nRows),
    confusion: ({ actual, predicted }) => rowsOfCell(info, columns, actual, predicted),
    search: async ({ query, mode }) =>
      bitsOf((await backend.search(query, mode, MOST_FOUND)).rows, info.nRows),
    rows: async ({ rows }) => bitsOf(rows, info.nRows),
  };
  return ({ shape }) => (readers[shape.kind] as (shape: Shape) => Promise<Bits>)(shape);
}

/** Region columns number the regions of their level in the order of their ids. */
export async function rowsOfRegion(info: MapInfo, columns: Columns, id: number): Promise<Bits> {
  const region = info.regions.find((one) => one.id === id);
  const column = region && rolesOf(info).regions[region.level];
  if (!region || !column) return emptyBits(info.nRows);
  const data = await columns.load(column.index);
  const code = info.regions.filter((one) => one.level === region.level).indexOf(region);
  return data.type === "codes" ? whereCode(data, code) : emptyBits(info.nRows);
}

async function rowsOfCell(info: MapInfo, columns: Columns, actual: number, predicted: number): Promise<Bits> {
  const roles = rolesOf(info);
  const confusion = confusionOf(info.evaluation);
  if (!confusion || !roles.target || !roles.predicted) return emptyBits(info.nRows);
  const [truth, guess] = await Promise.all([
    columns.load(roles.target.index),
    columns.load(roles.predicted.index),
  ]);
  if (truth.type !== "codes" || guess.type !== "codes") return emptyBits(info.nRows);
  const split = roles.split && (await columns.load(roles.split.index));
  const parts = split?.type === "codes" ? evaluatedParts(split, nCounted(confusion)) : null;
  const counted = (row: number) => split?.type !== "codes" || parts!.has(split.codes[row]);
  const [a, b] = [codeOf(truth, confusion, actual), codeOf(guess, confusion, predicted)];
  return where(info.nRows, (row) => truth.codes[row] === a && guess.codes[row] === b && counted(row));
}

function codeOf(data: Codes, confusion: Confusion, at: number): number {
  return data.names.indexOf(confusion.classes[at]);
}

function whereCode(data: Codes, code: number): Bits {
  return where(data.codes.length, (row) => data.codes[row] === code);
}

function where(nRows: number, test: (row: number) => boolean): Bits {
  const bits = emptyBits(nRows);
  for (let row = 0; row < nRows; row++) if (test(row)) bits[row >>> 5] |= 1 << (row & 31);
  return bits;
}
