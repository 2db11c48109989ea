/** Sets of rows as short text: the gaps between rising row numbers, in base 36. */

const MOST = 400;

/** At most 400 rows; a longer list has no place in a link. */
export function rowsToText(rows: number[]): string {
  const rising = [...rows].sort((a, b) => a - b).slice(0, MOST);
  return rising.map((row, i) => (row - (i ? rising[i - 1] : 0)).toString(36)).join(".");
}

export function textToRows(text: string): number[] {
  let row = 0;
  return text
    .split(".")
    .map((gap) => Number.parseInt(gap, 36))
    .filter(Number.isFinite)
    .map((gap) => {
      row += gap;
      return row;
    });
}
