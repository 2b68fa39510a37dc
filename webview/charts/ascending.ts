/** Index of the first of `length` ascending values that is not below `value`; `length` when there is none. */
export function lowerBound(values: Float64Array, length: number, value: number): number {
  let low = 0;
  let high = length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (values[middle]! < value) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Index of the one that is closest to `value`; -1 of none. */
export function nearest(values: Float64Array, length: number, value: number): number {
  const after = lowerBound(values, length, value);
  if (after === 0) return length > 0 ? 0 : -1;
  if (after === length) return after - 1;
  return values[after]! - value < value - values[after - 1]! ? after : after - 1;
}
