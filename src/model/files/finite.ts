import { damagedFile } from './damaged-file.ts';
import type { HalfType } from './float16.ts';

/** For messages. */
interface Of {
  name: string;
  file: string;
}

/** `values`, if all of them are finite. A model with one NaN in it computes nothing but NaN. */
export function finite(values: Float32Array, of: Of): Float32Array {
  const bits = new Int32Array(values.buffer, values.byteOffset, values.length);
  // An exponent of ones alone is infinity or NaN: adding one to it carries into the sign. Whole numbers, as this runs over every weight.
  let carries = 0;
  for (let i = 0; i < bits.length; i++) carries |= (bits[i]! & 0x7fffffff) + 0x00800000;
  if (carries >= 0) return values;
  const count = values.reduce((sum, value) => sum + (Number.isFinite(value) ? 0 : 1), 0);
  throw notFinite(count, values.length, of);
}

/** The lowest bit of the exponent. */
const ONE: Readonly<Record<HalfType, number>> = { F16: 0x0400, BF16: 0x0080 };

/** The same for bit patterns. */
export function finiteHalves(halves: Uint16Array, type: HalfType, of: Of): Uint16Array {
  const one = ONE[type];
  let carries = 0;
  for (let i = 0; i < halves.length; i++) carries |= (halves[i]! & 0x7fff) + one;
  if (carries < 0x8000) return halves;
  const count = halves.reduce((sum, half) => sum + ((half & 0x7fff) + one < 0x8000 ? 0 : 1), 0);
  throw notFinite(count, halves.length, of);
}

function notFinite(count: number, length: number, { name, file }: Of) {
  const found = `${count} value${count === 1 ? '' : 's'} that ${count === 1 ? 'is' : 'are'} not finite (of ${length})`;
  return damagedFile(file, `tensor "${name}" has ${found}`);
}
