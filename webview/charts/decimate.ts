import { lowerBound } from './ascending.ts';

/** One curve to thin out: `values[i]` at `x[i]`, which ascend, both valid up to `length`. */
export interface CurveSource {
  x: Float64Array;
  values: Float64Array;
  length: number;
  /** `extremes` keeps each pixel's lowest and highest value, so that no spike is lost; `mean` is for layers of a stack. */
  keep: 'extremes' | 'mean';
}

/** At one x: a value; null where it is missing, which is a gap in the line; undefined where only other curves have a point. */
export type Point = number | null | undefined;

/** What uPlot draws: one x for all series. */
export type AlignedCurves = [x: number[], ...ys: Point[][]];

/**
 * The curves between two places on the x axis, thinned out to what `pixels` columns can show: at most two points per column and curve.
 * Few enough points are given as they are.
 */
export function decimate(sources: readonly CurveSource[], from: number, to: number, pixels: number): AlignedCurves {
  // One point beyond either end, so that lines run out of the picture instead of ending in it.
  const ranges = sources.map(({ x, length }) => {
    const start = Math.max(0, lowerBound(x, length, from) - 1);
    return { start, end: Math.min(length, lowerBound(x, length, to) + 2) };
  });
  const most = Math.max(0, ...ranges.map(({ start, end }) => end - start));
  return most <= 2 * pixels ? exact(sources, ranges) : inColumns(sources, from, to, pixels);
}

function exact(sources: readonly CurveSource[], ranges: readonly { start: number; end: number }[]): AlignedCurves {
  const x = union(sources.map((source, i) => source.x.subarray(ranges[i]!.start, ranges[i]!.end)));
  const ys = sources.map((source, i) => {
    let at = ranges[i]!.start;
    const { end } = ranges[i]!;
    return x.map((place) => {
      while (at < end && source.x[at]! < place) at++;
      return at < end && source.x[at] === place ? orNull(source.values[at]!) : undefined;
    });
  });
  return [x, ...ys];
}

/** All places that occur, ascending. Series of one run always have the same ones, and runs often do. */
function union(lists: readonly Float64Array[]): number[] {
  const distinct = lists.filter((list, i) => !lists.slice(0, i).some((other) => sameArray(list, other)));
  if (distinct.length === 1) return [...distinct[0]!];
  return [...new Set(distinct.flatMap((list) => [...list]))].sort((a, b) => a - b);
}

/** So few that comparing them costs little; those of one run are parts of one buffer. */
const sameArray = (a: Float64Array, b: Float64Array) =>
  a.length === b.length && ((a.buffer === b.buffer && a.byteOffset === b.byteOffset) || a.every((x, i) => x === b[i]));

function inColumns(sources: readonly CurveSource[], from: number, to: number, pixels: number): AlignedCurves {
  // A hair wider, so that the last step falls into the last column.
  const width = ((to - from) * (1 + 1e-9)) / pixels;
  const x = Array.from({ length: 2 * pixels }, (_, i) => from + (i / 2) * width);
  return [x, ...sources.map((source) => (source.keep === 'mean' ? means : extremes)(source, from, width, pixels))];
}

function extremes({ x, values, length }: CurveSource, from: number, width: number, pixels: number) {
  const y: Point[] = new Array(2 * pixels);
  let i = lowerBound(x, length, from);
  for (let pixel = 0; pixel < pixels; pixel++) {
    const end = from + (pixel + 1) * width;
    let low = -1;
    let high = -1;
    const first = i;
    for (; i < length && x[i]! < end; i++) {
      const value = values[i]!;
      // Comparisons with NaN are false: missing values pass by.
      if (low < 0 ? !Number.isNaN(value) : value < values[low]!) low = i;
      if (high < 0 ? !Number.isNaN(value) : value > values[high]!) high = i;
    }
    if (low < 0) {
      y[2 * pixel] = y[2 * pixel + 1] = nothing(i > first);
      continue;
    }
    y[2 * pixel] = values[Math.min(low, high)]!;
    y[2 * pixel + 1] = values[Math.max(low, high)]!;
  }
  return y;
}

function means({ x, values, length }: CurveSource, from: number, width: number, pixels: number) {
  const y: Point[] = new Array(2 * pixels);
  let i = lowerBound(x, length, from);
  for (let pixel = 0; pixel < pixels; pixel++) {
    const end = from + (pixel + 1) * width;
    let sum = 0;
    let count = 0;
    const first = i;
    for (; i < length && x[i]! < end; i++) {
      if (Number.isNaN(values[i]!)) continue;
      sum += values[i]!;
      count += 1;
    }
    y[2 * pixel] = y[2 * pixel + 1] = count > 0 ? sum / count : nothing(i > first);
  }
  return y;
}

/** Of a pixel without values: it has missing ones, or none at all. */
const nothing = (missing: boolean): null | undefined => (missing ? null : undefined);

const orNull = (value: number): number | null => (Number.isNaN(value) ? null : value);
