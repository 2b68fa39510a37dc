/**
 * Random numbers as a pure function of (seed, what they are for, step), so that resuming a run needs no generator state.
 *
 * The generator is xoshiro128** 1.1 by Blackman and Vigna (https://prng.di.unimi.it/xoshiro128starstar.c, public domain).
 * Its state comes from the key's words through MurmurHash3's 32-bit finaliser, stepped by the golden ratio as in splitmix32.
 */

/** What a stream of numbers is for: `['sampling', step]`. Different keys give unrelated numbers. */
export type StreamKey = readonly (string | number)[];

const GOLDEN_RATIO = 0x9e3779b9;

function mix(word: number): number {
  let h = word >>> 0;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

/** The key as 32-bit words, every part with its length in front so that no two keys read the same. */
function* keyWords(key: StreamKey): Generator<number> {
  for (const part of key) {
    const text = String(part);
    yield text.length;
    for (let i = 0; i < text.length; i++) yield text.charCodeAt(i);
  }
}

/** Integers in [0, 2^32) of the stream that `seed` and `key` name; the returned function gives the next one. */
export function integers(seed: number, key: StreamKey): () => number {
  const lanes = [0, 1, 2, 3].map((lane) => mix(seed + Math.imul(lane + 1, GOLDEN_RATIO)));
  for (const word of keyWords(key))
    for (const [lane, state] of lanes.entries()) lanes[lane] = mix((state ^ word) + Math.imul(lane + 1, GOLDEN_RATIO));
  return xoshiro128(lanes as [number, number, number, number]);
}

/** The generator itself, from its four words of state. */
export function xoshiro128([a, b, c, d]: [number, number, number, number]): () => number {
  if ((a | b | c | d) === 0) a = 1; // the one state that it never leaves
  return () => {
    const result = Math.imul(rotateLeft(Math.imul(b, 5), 7), 9) >>> 0;
    const shifted = b << 9;
    c ^= a;
    d ^= b;
    b ^= c;
    a ^= d;
    c ^= shifted;
    d = rotateLeft(d, 11);
    return result;
  };
}

const rotateLeft = (word: number, bits: number): number => (word << bits) | (word >>> (32 - bits));

/** `count` numbers in [0, 1), multiples of 2^-24 and so exact in float32 (rounding never yields 1). */
export function uniforms(seed: number, key: StreamKey, count: number): Float32Array {
  const next = integers(seed, key);
  return Float32Array.from({ length: count }, () => (next() >>> 8) * 2 ** -24);
}

/** `count` numbers of the standard normal distribution (Box-Muller). */
export function normals(seed: number, key: StreamKey, count: number): Float32Array {
  const uniform = uniforms(seed, key, 2 * count);
  return Float32Array.from({ length: count }, (_, index) => {
    const [u, v] = [uniform[2 * index]!, uniform[2 * index + 1]!];
    return Math.sqrt(-2 * Math.log(1 - u)) * Math.cos(2 * Math.PI * v);
  });
}

/** The numbers 0 ... count-1 in a random order (Fisher-Yates). */
export function permutation(seed: number, key: StreamKey, count: number): number[] {
  const next = integers(seed, key);
  const order = Array.from({ length: count }, (_, index) => index);
  for (let last = count - 1; last > 0; last--) {
    const pick = Math.floor((next() / 2 ** 32) * (last + 1));
    [order[last], order[pick]] = [order[pick]!, order[last]!];
  }
  return order;
}
