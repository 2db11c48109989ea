/** Paths and ticks of small charts. */

/** Broken where a value is not a number. */
export function linePath(
  values: ArrayLike<number>,
  x: (at: number) => number,
  y: (value: number) => number,
): string {
  let path = "";
  let pen = "M";
  for (let i = 0; i < values.length; i++) {
    if (!Number.isFinite(values[i])) {
      pen = "M";
      continue;
    }
    path += `${pen}${x(i).toFixed(1)} ${y(values[i]).toFixed(1)}`;
    pen = "L";
  }
  return path;
}

/** Lowest and highest known value of some lines; 0 and 1 where there is none. */
export function rangeOfLines(lines: ArrayLike<number>[]): [number, number] {
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const line of lines) {
    for (let i = 0; i < line.length; i++) {
      if (line[i] < low) low = line[i];
      if (line[i] > high) high = line[i];
    }
  }
  return low <= high ? [low, high] : [0, 1];
}

/** Whole numbers from 1 to n, at most `wanted` of them, the last included. */
export function niceTicks(n: number, wanted: number): number[] {
  const step =
    [1, 2, 5, 10, 20, 25, 50, 100, 200, 250, 500, 1000].find((s) => n / s <= wanted) ?? Math.ceil(n / wanted);
  const ticks = [1];
  for (let at = step; at <= n; at += step) if (at > 1) ticks.push(at);
  const last = ticks[ticks.length - 1];
  if (last !== n && n - last >= step / 2) ticks.push(n);
  return ticks;
}

/** The lowest and highest value of each of at most `width` stretches, so that a long line keeps its peaks. */
export function thinned(values: ArrayLike<number>, width: number): { at: number[]; value: number[] } {
  if (values.length <= width * 2) return { at: Array.from(values, (_, i) => i), value: Array.from(values) };
  const at: number[] = [];
  const value: number[] = [];
  for (let k = 0; k < width; k++) {
    const from = Math.floor((k * values.length) / width);
    const to = Math.floor(((k + 1) * values.length) / width);
    let [low, high] = [from, from];
    for (let i = from; i < to; i++) {
      if (values[i] < values[low]) low = i;
      if (values[i] > values[high]) high = i;
    }
    for (const i of low < high ? [low, high] : [high, low]) {
      at.push(i);
      value.push(values[i]);
    }
  }
  return { at, value };
}
