/** One curve to thin out: `values[i]` at `steps[i]`, both ascending and valid up to `length`. */
export interface CurveSource {
  steps: Float64Array;
  values: Float64Array;
  length: number;
  /** `extremes` keeps each pixel's lowest and highest value, so that no spike is lost; `mean` is for layers of a stack. */
  keep: 'extremes' | 'mean';
}

/** What uPlot draws: one x for all series, null where a series has nothing. */
export type AlignedCurves = [x: number[], ...ys: (number | null)[][]];

/**
 * The curves between two steps, thinned out to what `pixels` columns can show: at most two points per column and curve.
 * Few enough steps are given as they are.
 */
export function decimate(sources: readonly CurveSource[], from: number, to: number, pixels: number): AlignedCurves {
  // One step beyond either end, so that lines run out of the picture instead of ending in it.
  const ranges = sources.map(({ steps, length }) => {
    const start = Math.max(0, lowerBound(steps, length, from) - 1);
    return { start, end: Math.min(length, lowerBound(steps, length, to) + 2) };
  });
  const most = Math.max(0, ...ranges.map(({ start, end }) => end - start));
  return most <= 2 * pixels ? exact(sources, ranges) : inColumns(sources, from, to, pixels);
}

function exact(sources: readonly CurveSource[], ranges: readonly { start: number; end: number }[]): AlignedCurves {
  const x = union(sources.map(({ steps }, i) => steps.subarray(ranges[i]!.start, ranges[i]!.end)));
  const ys = sources.map(({ steps, values }, i) => {
    let at = ranges[i]!.start;
    const { end } = ranges[i]!;
    return x.map((step) => {
      while (at < end && steps[at]! < step) at++;
      return at < end && steps[at] === step ? orNull(values[at]!) : null;
    });
  });
  return [x, ...ys];
}

/** All steps that occur, ascending. Runs mostly have the same ones, and series of one run always do. */
function union(lists: readonly Float64Array[]): number[] {
  const distinct = lists.filter((list, i) => !lists.slice(0, i).some((other) => sameSteps(list, other)));
  if (distinct.length === 1) return [...distinct[0]!];
  return [...new Set(distinct.flatMap((list) => [...list]))].sort((a, b) => a - b);
}

const sameSteps = (a: Float64Array, b: Float64Array) =>
  a.length === b.length && a[0] === b[0] && a[a.length - 1] === b[b.length - 1];

function inColumns(sources: readonly CurveSource[], from: number, to: number, pixels: number): AlignedCurves {
  // A hair wider, so that the last step falls into the last column.
  const width = ((to - from) * (1 + 1e-9)) / pixels;
  const x = Array.from({ length: 2 * pixels }, (_, i) => from + (i / 2) * width);
  return [x, ...sources.map((source) => (source.keep === 'mean' ? means : extremes)(source, from, width, pixels))];
}

function extremes({ steps, values, length }: CurveSource, from: number, width: number, pixels: number) {
  const y: (number | null)[] = new Array(2 * pixels).fill(null);
  let i = lowerBound(steps, length, from);
  for (let pixel = 0; pixel < pixels; pixel++) {
    const end = from + (pixel + 1) * width;
    let low = -1;
    let high = -1;
    for (; i < length && steps[i]! < end; i++) {
      const value = values[i]!;
      // Comparisons with NaN are false: missing values pass by.
      if (low < 0 ? !Number.isNaN(value) : value < values[low]!) low = i;
      if (high < 0 ? !Number.isNaN(value) : value > values[high]!) high = i;
    }
    if (low < 0) continue;
    y[2 * pixel] = values[Math.min(low, high)]!;
    y[2 * pixel + 1] = values[Math.max(low, high)]!;
  }
  return y;
}

function means({ steps, values, length }: CurveSource, from: number, width: number, pixels: number) {
  const y: (number | null)[] = new Array(2 * pixels).fill(null);
  let i = lowerBound(steps, length, from);
  for (let pixel = 0; pixel < pixels; pixel++) {
    const end = from + (pixel + 1) * width;
    let sum = 0;
    let count = 0;
    for (; i < length && steps[i]! < end; i++) {
      if (Number.isNaN(values[i]!)) continue;
      sum += values[i]!;
      count += 1;
    }
    if (count > 0) y[2 * pixel] = y[2 * pixel + 1] = sum / count;
  }
  return y;
}

const orNull = (value: number): number | null => (Number.isNaN(value) ? null : value);

/** Index of the first of `length` ascending steps that is not below `step`. */
function lowerBound(steps: Float64Array, length: number, step: number): number {
  let low = 0;
  let high = length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (steps[middle]! < step) low = middle + 1;
    else high = middle;
  }
  return low;
}
