/** Merges an adapter into a weight, in place: in float64, rounded once at the end. */

export interface AdapterValues {
  r: number;
  scale: number;
  /** [r, in] and [out, r], row by row. */
  a: Float32Array;
  b: Float32Array;
  /** With DoRA: the length that the weights of each output get, [out]. */
  magnitudes?: Float32Array | undefined;
}

/** A linear layer's weight [out, in] becomes W + scale · B·A. */
export function addToRows(
  weight: Float32Array,
  [outputs, inputs]: readonly number[],
  { r, scale, a, b, magnitudes }: AdapterValues,
): Float32Array {
  const row = new Float64Array(inputs!);
  for (let out = 0; out < outputs!; out++) {
    const own = weight.subarray(out * inputs!, (out + 1) * inputs!);
    row.set(own);
    for (let rank = 0; rank < r; rank++) {
      const factor = scale * b[out * r + rank]!;
      for (let i = 0; i < inputs!; i++) row[i]! += factor * a[rank * inputs! + i]!;
    }
    if (magnitudes) {
      const factor = magnitudes[out]! / Math.sqrt(row.reduce((sum, value) => sum + value * value, 0));
      for (let i = 0; i < inputs!; i++) row[i]! *= factor;
    }
    own.set(row);
  }
  return weight;
}

/** Embeddings [in, out], one row per token, become W + scale · (B·A)ᵀ: the same layer, stored the other way round. */
export function addToColumns(
  weight: Float32Array,
  [inputs, outputs]: readonly number[],
  { r, scale, a, b, magnitudes }: AdapterValues,
): Float32Array {
  const row = new Float64Array(outputs!);
  const fill = (token: number) => {
    row.set(weight.subarray(token * outputs!, (token + 1) * outputs!));
    for (let rank = 0; rank < r; rank++) {
      const factor = scale * a[rank * inputs! + token]!;
      for (let out = 0; out < outputs!; out++) row[out]! += factor * b[out * r + rank]!;
    }
  };
  const factors = new Float64Array(outputs!).fill(1);
  if (magnitudes) {
    const squares = new Float64Array(outputs!);
    for (let token = 0; token < inputs!; token++) {
      fill(token);
      row.forEach((value, out) => {
        squares[out]! += value * value;
      });
    }
    squares.forEach((square, out) => {
      factors[out] = magnitudes[out]! / Math.sqrt(square);
    });
  }
  for (let token = 0; token < inputs!; token++) {
    fill(token);
    weight.set(
      row.map((value, out) => value * factors[out]!),
      token * outputs!,
    );
  }
  return weight;
}
