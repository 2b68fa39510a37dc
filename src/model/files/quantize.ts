import { float16Values, float32ToFloat16 } from './float16.ts';

/**
 * Weights as llama.cpp's files have them, float32 to bytes: the reverse of `dequantize.ts`.
 *
 * Source: `quantize_row_q8_0_ref` and `quantize_row_q4_0_ref` of https://github.com/ggml-org/ggml, `ggml-quants.c`; the bytes are those of the Python package `gguf`.
 */
export type StoredType = 'F32' | 'F16' | 'Q8_0' | 'Q4_0';

interface StoredFormat {
  /** Its number in the file. */
  id: number;
  /** Numbers in one block, and its size in bytes. */
  values: number;
  bytes: number;
  /** Whole blocks; false where a number is beyond what the format holds. */
  quantize(values: Float32Array, out: Uint8Array): boolean;
}

export const STORED_FORMATS: Readonly<Record<StoredType, StoredFormat>> = {
  F32: { id: 0, values: 1, bytes: 4, quantize: copyFloats },
  F16: { id: 1, values: 1, bytes: 2, quantize: toHalves },
  Q8_0: { id: 8, values: 32, bytes: 34, quantize: quantizeQ8 },
  Q4_0: { id: 2, values: 32, bytes: 18, quantize: quantizeQ4 },
};

const INFINITE_HALF = 0x7c00;
const isInfinite = (half: number): boolean => (half & 0x7fff) >= INFINITE_HALF;

function copyFloats(values: Float32Array, out: Uint8Array): boolean {
  out.set(new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
  return true;
}

function toHalves(values: Float32Array, out: Uint8Array): boolean {
  const halves = new Uint16Array(out.buffer, out.byteOffset, values.length);
  float32ToFloat16(values, halves);
  return !halves.some(isInfinite);
}

/**
 * A float16 scale, the largest of 32 values over 127, then each value over the scale as a signed byte, halves rounded away from 0. All in
 * float32, and by the scale before it is rounded, as llama.cpp does.
 */
function quantizeQ8(values: Float32Array, out: Uint8Array): boolean {
  const [scale, half] = [new Float32Array(1), new Uint16Array(1)];
  for (let from = 0, to = 0; from < values.length; from += 32, to += 34) {
    let largest = 0;
    for (let i = 0; i < 32; i++) largest = Math.max(largest, Math.abs(values[from + i]!));
    scale[0] = largest / 127;
    const inverse = scale[0] === 0 ? 0 : Math.fround(1 / scale[0]);
    float32ToFloat16(scale, half);
    if (isInfinite(half[0]!)) return false;
    out[to] = half[0]! & 0xff;
    out[to + 1] = half[0]! >>> 8;
    for (let i = 0; i < 32; i++) {
      const value = Math.fround(values[from + i]! * inverse);
      out[to + 2 + i] = Math.sign(value) * Math.floor(Math.abs(value) + 0.5);
    }
  }
  return true;
}

/**
 * The number that is farthest from 0 becomes -8, so that all of four bits are used; then each value over the scale, plus 8, the first 16 in
 * the low halves of the bytes.
 */
function quantizeQ4(values: Float32Array, out: Uint8Array): boolean {
  const [scale, half] = [new Float32Array(1), new Uint16Array(1)];
  for (let from = 0, to = 0; from < values.length; from += 32, to += 18) {
    let farthest = 0;
    for (let i = 0; i < 32; i++) if (Math.abs(values[from + i]!) > Math.abs(farthest)) farthest = values[from + i]!;
    scale[0] = farthest / -8;
    const inverse = scale[0] === 0 ? 0 : Math.fround(1 / scale[0]);
    float32ToFloat16(scale, half);
    if (isInfinite(half[0]!)) return false;
    out[to] = half[0]! & 0xff;
    out[to + 1] = half[0]! >>> 8;
    const nibble = (at: number) =>
      Math.min(15, Math.trunc(Math.fround(Math.fround(values[from + at]! * inverse) + 8.5)));
    for (let i = 0; i < 16; i++) out[to + 2 + i] = nibble(i) | (nibble(16 + i) << 4);
  }
  return true;
}

/** The largest number that a format holds, for the message about one that is larger. */
export const largestOf = (type: StoredType): number =>
  type === 'F32' ? 3.4e38 : float16Values()[INFINITE_HALF - 1]! * { F16: 1, Q8_0: 127, Q4_0: 8 }[type];
