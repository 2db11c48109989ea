import { type Density, type FieldFrame, GRID, SHORE } from "./field";

/** One line of equal density, x0,y0,x1,y1,… in map units. */
export interface Line {
  places: Float32Array;
  closed: boolean;
}

export interface Contours {
  shore: Line[];
  /** From the lowest level to the highest. */
  levels: Line[][];
}

export const CONTOUR_SHARES = [0.34, 0.56, 0.78];
/** Rings of fewer crossings are specks, not land. */
const FEWEST = 8;

// Edges of cell (x, y) of the grid of samples: top, right, bottom, left.
const TOP = 0;
const RIGHT = 1;
const BOTTOM = 2;
const LEFT = 3;
/** Per case (bits: top left 1, top right 2, bottom right 4, bottom left 8): from edge, to edge; high ground on the right. */
const CASES: readonly (readonly number[])[] = [
  [],
  [LEFT, TOP],
  [TOP, RIGHT],
  [LEFT, RIGHT],
  [RIGHT, BOTTOM],
  [LEFT, BOTTOM, RIGHT, TOP],
  [TOP, BOTTOM],
  [LEFT, BOTTOM],
  [BOTTOM, LEFT],
  [BOTTOM, TOP],
  [TOP, LEFT, BOTTOM, RIGHT],
  [BOTTOM, RIGHT],
  [RIGHT, LEFT],
  [RIGHT, TOP],
  [TOP, LEFT],
  [],
];

/** Edges carry numbers: twice the sample at their left or upper end, plus 1 where they run down. */
function edgeOf(x: number, y: number, side: number, width: number): number {
  if (side === TOP) return 2 * (y * width + x);
  if (side === BOTTOM) return 2 * ((y + 1) * width + x);
  if (side === LEFT) return 2 * (y * width + x) + 1;
  return 2 * (y * width + x + 1) + 1;
}

function caseOf(field: Float32Array, k: number, width: number, level: number): number {
  return (
    (field[k] > level ? 1 : 0) |
    (field[k + 1] > level ? 2 : 0) |
    (field[k + width + 1] > level ? 4 : 0) |
    (field[k + width] > level ? 8 : 0)
  );
}

/** Which edge crossing follows which. */
function crossings(field: Float32Array, width: number, level: number): Map<number, number> {
  const next = new Map<number, number>();
  const height = field.length / width;
  for (let y = 0; y < height - 1; y++) {
    for (let x = 0; x < width - 1; x++) {
      const sides = CASES[caseOf(field, y * width + x, width, level)];
      for (let k = 0; k < sides.length; k += 2) {
        next.set(edgeOf(x, y, sides[k], width), edgeOf(x, y, sides[k + 1], width));
      }
    }
  }
  return next;
}

/** Where the level crosses an edge, in samples. */
function crossingPlace(field: Float32Array, width: number, level: number, edge: number): [number, number] {
  const k = edge >> 1;
  const down = edge & 1;
  const low = field[k];
  const high = field[k + (down ? width : 1)];
  const share = high === low ? 0.5 : (level - low) / (high - low);
  const x = k % width;
  const y = Math.floor(k / width);
  return down ? [x, y + share] : [x + share, y];
}

function follow(next: Map<number, number>, start: number): { edges: number[]; closed: boolean } {
  const edges = [start];
  let edge = next.get(start);
  next.delete(start);
  while (edge !== undefined && edge !== start) {
    edges.push(edge);
    const after = next.get(edge);
    next.delete(edge);
    edge = after;
  }
  return { edges, closed: edge === start };
}

/** Chains of edges: open ones from their beginning first, then rings. */
function chains(next: Map<number, number>): { edges: number[]; closed: boolean }[] {
  const reached = new Set(next.values());
  const found = [];
  for (const start of [...next.keys()]) if (!reached.has(start)) found.push(follow(next, start));
  for (const start of [...next.keys()]) if (next.has(start)) found.push(follow(next, start));
  return found;
}

/** Lines along which the field (samples at cell centers, row by row) takes the value `level`. */
export function isolines(field: Float32Array, width: number, level: number): Line[] {
  return chains(crossings(field, width, level)).map(({ edges, closed }) => {
    const places = new Float32Array(2 * edges.length);
    edges.forEach((edge, k) => {
      places.set(crossingPlace(field, width, level, edge), 2 * k);
    });
    return { places, closed };
  });
}

/** Every second vertex of long lines: smoother, and half the path. */
function thinned(line: Line): Line {
  const count = line.places.length / 2;
  if (count < 24) return line;
  const kept: number[] = [];
  for (let k = 0; k < count; k += 2) kept.push(line.places[2 * k], line.places[2 * k + 1]);
  return { places: Float32Array.from(kept), closed: line.closed };
}

function onMap(line: Line, frame: FieldFrame): Line {
  const places = line.places.map((value, k) =>
    k % 2 === 0 ? frame.left + (value + 0.5) * frame.cell : frame.top - (value + 0.5) * frame.cell,
  );
  return { places, closed: line.closed };
}

function linesAt(field: Float32Array, level: number, frame: FieldFrame): Line[] {
  return isolines(field, GRID, level)
    .filter((line) => line.places.length >= 2 * FEWEST)
    .map((line) => onMap(thinned(line), frame));
}

export function contoursOf(density: Density): Contours {
  return {
    shore: linesAt(density.land, SHORE, density.frame),
    levels: CONTOUR_SHARES.map((share) => linesAt(density.soft, share, density.frame)),
  };
}
