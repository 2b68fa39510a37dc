import { damagedFile } from './damaged-file.ts';

/** `values`, if all of them are finite; the name and the file are for the message. A model with one NaN in it computes nothing but NaN. */
export function finite(values: Float32Array, { name, file }: { name: string; file: string }): Float32Array {
  const bits = new Int32Array(values.buffer, values.byteOffset, values.length);
  // An exponent of ones alone is infinity or NaN: adding one to it carries into the sign. Whole numbers, as this runs over every weight.
  let carries = 0;
  for (let i = 0; i < bits.length; i++) carries |= (bits[i]! & 0x7fffffff) + 0x00800000;
  if (carries >= 0) return values;
  const count = values.reduce((sum, value) => sum + (Number.isFinite(value) ? 0 : 1), 0);
  const found = `${count} value${count === 1 ? '' : 's'} that ${count === 1 ? 'is' : 'are'} not finite (of ${values.length})`;
  throw damagedFile(file, `tensor "${name}" has ${found}`);
}
