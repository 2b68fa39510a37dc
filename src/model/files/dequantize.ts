import { bfloat16ToFloat32, float16ToFloat32, float16Values } from './float16.ts';

/**
 * The block formats of GGUF files: a row is a sequence of blocks, each with its own scale (and minimum) and `values` small integers.
 *
 * Source: https://github.com/ggml-org/ggml, `ggml-common.h` and `ggml-quants.c`; numbers as of the Python package `gguf`.
 */
export interface BlockFormat {
  /** Numbers in one block. */
  values: number;
  /** Its size in the file. */
  bytes: number;
  /** Whole blocks to float32. */
  dequantize(blocks: Uint8Array, out: Float32Array): void;
}

/** Five-bit formats are here because llama.cpp falls back to them where rows do not fill the 256 values of a Q4_K block. */
export const BLOCK_FORMATS = {
  F32: { values: 1, bytes: 4, dequantize: (blocks, out) => bytesOf(out).set(blocks) },
  F16: { values: 1, bytes: 2, dequantize: (blocks, out) => float16ToFloat32(halvesOf(blocks), out) },
  BF16: { values: 1, bytes: 2, dequantize: (blocks, out) => bfloat16ToFloat32(halvesOf(blocks), out) },
  Q8_0: { values: 32, bytes: 34, dequantize: dequantizeQ8 },
  Q4_0: { values: 32, bytes: 18, dequantize: (blocks, out) => dequantizeNibbles(blocks, out, 18, false) },
  Q4_1: { values: 32, bytes: 20, dequantize: (blocks, out) => dequantizeNibbles(blocks, out, 20, false) },
  Q5_0: { values: 32, bytes: 22, dequantize: (blocks, out) => dequantizeNibbles(blocks, out, 22, true) },
  Q5_1: { values: 32, bytes: 24, dequantize: (blocks, out) => dequantizeNibbles(blocks, out, 24, true) },
  Q4_K: { values: 256, bytes: 144, dequantize: (blocks, out) => dequantizeSuperBlocks(blocks, out, 144, false) },
  Q5_K: { values: 256, bytes: 176, dequantize: (blocks, out) => dequantizeSuperBlocks(blocks, out, 176, true) },
  Q6_K: { values: 256, bytes: 210, dequantize: dequantizeQ6K },
} satisfies Record<string, BlockFormat>;

export type BlockType = keyof typeof BLOCK_FORMATS;

const bytesOf = (values: Float32Array) => new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
/** Blocks start at any byte, and a Uint16Array only at even ones. */
const halvesOf = (blocks: Uint8Array) => new Uint16Array(blocks.slice().buffer);
const signed = (byte: number) => (byte << 24) >> 24;

/** The float16 that begins at byte `at`. */
const halfAt = (halves: Float32Array, bytes: Uint8Array, at: number): number =>
  halves[bytes[at]! | (bytes[at + 1]! << 8)]!;

/** A scale, then 32 signed bytes. */
function dequantizeQ8(blocks: Uint8Array, out: Float32Array): void {
  const halves = float16Values();
  for (let at = 0, to = 0; to < out.length; at += 34, to += 32) {
    const scale = halfAt(halves, blocks, at);
    for (let i = 0; i < 32; i++) out[to + i] = scale * signed(blocks[at + 2 + i]!);
  }
}

/**
 * Q4_0, Q4_1, Q5_0 and Q5_1: a scale, a minimum (the _1 formats, others are centred on 0), the fifth bits of all values, then 16 bytes with
 * the first half of the values in their low nibbles and the second half in their high ones.
 */
function dequantizeNibbles(blocks: Uint8Array, out: Float32Array, size: number, fiveBits: boolean): void {
  const halves = float16Values();
  const hasMinimum = size - (fiveBits ? 4 : 0) === 20;
  const [highBitsAt, nibblesAt] = [hasMinimum ? 4 : 2, size - 16];
  for (let at = 0, to = 0; to < out.length; at += size, to += 32) {
    const scale = halfAt(halves, blocks, at);
    const minimum = hasMinimum ? halfAt(halves, blocks, at + 2) : scale * (fiveBits ? -16 : -8);
    let highBits = 0;
    if (fiveBits) for (let i = 0; i < 4; i++) highBits |= blocks[at + highBitsAt + i]! << (8 * i);
    for (let i = 0; i < 16; i++) {
      const byte = blocks[at + nibblesAt + i]!;
      out[to + i] = scale * ((byte & 0xf) | (((highBits >>> i) & 1) << 4)) + minimum;
      out[to + i + 16] = scale * ((byte >>> 4) | (((highBits >>> (i + 16)) & 1) << 4)) + minimum;
    }
  }
}

/**
 * Q4_K and Q5_K: 8 sub-blocks of 32 values. A scale for their scales and one for their minima, 12 bytes with both as 6-bit numbers, the
 * fifth bits (bit s of byte i is of value i in sub-block s), then nibbles, two sub-blocks in 32 bytes.
 */
function dequantizeSuperBlocks(blocks: Uint8Array, out: Float32Array, size: number, fiveBits: boolean): void {
  const halves = float16Values();
  const nibblesAt = size - 128;
  for (let at = 0, to = 0; to < out.length; at += size) {
    const [d, dMin] = [halfAt(halves, blocks, at), halfAt(halves, blocks, at + 2)];
    for (let sub = 0; sub < 8; sub++, to += 32) {
      const { scale, minimum } = sixBitPair(blocks, at + 4, sub);
      const [factor, offset] = [d * scale, dMin * minimum];
      const from = at + nibblesAt + 32 * (sub >> 1);
      const shift = 4 * (sub & 1);
      for (let i = 0; i < 32; i++) {
        const high = fiveBits ? ((blocks[at + 16 + i]! >>> sub) & 1) << 4 : 0;
        out[to + i] = factor * (((blocks[from + i]! >>> shift) & 0xf) | high) - offset;
      }
    }
  }
}

/** The first four pairs are in the low six bits of bytes 0-3 and 4-7; the others in nibbles of 8-11, with those bytes' upper two bits. */
function sixBitPair(bytes: Uint8Array, at: number, index: number): { scale: number; minimum: number } {
  if (index < 4) return { scale: bytes[at + index]! & 63, minimum: bytes[at + 4 + index]! & 63 };
  const low = bytes[at + 4 + index]!;
  return {
    scale: (low & 0xf) | ((bytes[at + index - 4]! >>> 6) << 4),
    minimum: (low >>> 4) | ((bytes[at + index]! >>> 6) << 4),
  };
}

/** 16 sub-blocks of 16 values: low nibbles (128 bytes), upper two bits (64 bytes), 16 signed scales, and their scale. */
function dequantizeQ6K(blocks: Uint8Array, out: Float32Array): void {
  const halves = float16Values();
  for (let at = 0, to = 0; to < out.length; at += 210, to += 256) {
    const d = halfAt(halves, blocks, at + 208);
    for (let i = 0; i < 256; i++) {
      // Each half of 128 values: four quarters of 32 share the bytes of upper bits, and two of them those of low nibbles.
      const [half, quarter, place] = [i >> 7, (i >> 5) & 3, i & 31];
      const low = blocks[at + 64 * half + 32 * (quarter & 1) + place]! >>> (4 * (quarter >> 1));
      const high = blocks[at + 128 + 32 * half + place]! >>> (2 * quarter);
      const scale = d * signed(blocks[at + 192 + (i >> 4)]!);
      out[to + i] = scale * (((low & 0xf) | ((high & 3) << 4)) - 32);
    }
  }
}
