/**
 * The two half-precision formats of model files, as bit patterns in a Uint16Array.
 * float16 is IEEE 754 binary16 (5 exponent bits, 10 fraction bits); bfloat16 is the upper half of a float32.
 * Narrowing rounds to nearest, ties to even, as PyTorch does.
 */

const floatView = new Float32Array(1);
const bitsView = new Uint32Array(floatView.buffer);

/** By their names in model files. */
export type HalfType = 'F16' | 'BF16';

export function bfloat16ToFloat32(halves: Uint16Array, out: Float32Array): void {
  const bits = new Uint32Array(out.buffer, out.byteOffset, out.length);
  for (let i = 0; i < halves.length; i++) bits[i] = halves[i]! << 16;
}

export function float32ToBfloat16(values: Float32Array, out: Uint16Array): void {
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  for (let i = 0; i < values.length; i++) {
    const x = bits[i]!;
    // Rounding would carry a NaN's fraction into the exponent and sign, so a NaN becomes the quiet one.
    const isNotANumber = (x & 0x7fffffff) > 0x7f800000;
    out[i] = isNotANumber ? (x >>> 16) | 0x40 : (x + 0x7fff + ((x >>> 16) & 1)) >>> 16;
  }
}

export function float16ToFloat32(halves: Uint16Array, out: Float32Array): void {
  const values = float16Values();
  for (let i = 0; i < halves.length; i++) out[i] = values[halves[i]!]!;
}

/** The value of each of the 65,536 bit patterns of a format. */
export function halfValues(type: HalfType): Float32Array {
  if (type === 'F16') return float16Values();
  const values = new Float32Array(65_536);
  bfloat16ToFloat32(
    Uint16Array.from(values, (_, half) => half),
    values,
  );
  return values;
}

/** Those of float16, made when first needed: a look-up is several times faster than the arithmetic. */
export function float16Values(): Float32Array {
  valueOfHalf ??= Float32Array.from({ length: 65_536 }, (_, half) => fromFloat16Bits(half));
  return valueOfHalf;
}

let valueOfHalf: Float32Array | undefined;

function fromFloat16Bits(half: number): number {
  const sign = half & 0x8000 ? -1 : 1;
  const exponent = (half >>> 10) & 0x1f;
  const fraction = half & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  return sign * (1024 + fraction) * 2 ** (exponent - 25);
}

export function float32ToFloat16(values: Float32Array, out: Uint16Array): void {
  for (let i = 0; i < values.length; i++) out[i] = toFloat16Bits(values[i]!);
}

function toFloat16Bits(value: number): number {
  floatView[0] = value;
  const sign = (bitsView[0]! >>> 16) & 0x8000;
  const magnitude = bitsView[0]! & 0x7fffffff;
  if (magnitude > 0x7f800000) return sign | 0x7e00; // NaN
  if (magnitude >= 0x477ff000) return sign | 0x7c00; // 65520 and above round to infinity
  if (magnitude < 0x38800000) return sign | roundHalfEven(Math.abs(value) * 2 ** 24); // below 2^-14: subnormal
  // Re-bias the exponent from 127 to 15 and drop 13 fraction bits; a carry from rounding moves into the exponent.
  const rounded = magnitude + 0xfff + ((magnitude >>> 13) & 1);
  return sign | ((rounded - 0x38000000) >>> 13);
}

function roundHalfEven(x: number): number {
  const below = Math.floor(x);
  const rest = x - below;
  return rest > 0.5 || (rest === 0.5 && below % 2 === 1) ? below + 1 : below;
}
