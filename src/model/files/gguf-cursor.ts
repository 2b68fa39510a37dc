import { isUtf8 } from 'node:buffer';
import { readInto } from '../../files/file-bytes.ts';
import { BadInput } from '../../protocol/errors.ts';

/**
 * 64-bit numbers too are plain ones where they are whole: sizes and ids are far below 2^53. Larger ones, such as a hash that someone noted,
 * are not rounded. Lists are decoded when read: a vocabulary is long.
 */
export type GgufValue = number | bigint | boolean | string | (() => GgufValue[]);

/** The longest vocabularies take a tenth of it. */
const MOST_HEADER_BYTES = 2 ** 28;

/** A tensor as the header describes it; `offset` counts from where the tensors' data begin. */
export interface TensorClaim {
  name: string;
  type: number;
  /** Outermost first. */
  shape: number[];
  offset: number;
}

export function damagedGguf(file: string, what: string): BadInput {
  return new BadInput(`this is not a complete GGUF file: ${what}; download it again`, { file });
}

/** Reads the little-endian header of a GGUF file from front to back; bytes are fetched as they are needed. */
export class GgufCursor {
  position = 0;
  readonly #descriptor: number;
  readonly #file: string;
  readonly #size: number;
  #bytes = Buffer.alloc(0);

  constructor(descriptor: number, file: string, size: number) {
    this.#descriptor = descriptor;
    this.#file = file;
    this.#size = size;
  }

  /** An unsigned integer of 1, 2, 4 or 8 bytes. */
  number(bytes: number): number {
    const at = this.#take(bytes);
    return bytes < 8 ? this.#bytes.readUIntLE(at, bytes) : this.#safe(this.#bytes.readBigUInt64LE(at));
  }

  text(bytes: number): string {
    const at = this.#take(bytes);
    const text = this.#bytes.subarray(at, at + bytes);
    if (!isUtf8(text)) throw damagedGguf(this.#file, `the text at byte ${at} of its header is not UTF-8`);
    return text.toString('utf8');
  }

  string(): string {
    return this.text(this.number(8));
  }

  value(type: number): GgufValue {
    const integerBytes = { 0: 1, 2: 2, 4: 4 }[type];
    if (integerBytes !== undefined) return this.number(integerBytes);
    switch (type) {
      case 1:
        return this.#bytes.readInt8(this.#take(1));
      case 3:
        return this.#bytes.readInt16LE(this.#take(2));
      case 5:
        return this.#bytes.readInt32LE(this.#take(4));
      case 6:
        return shortest(this.#bytes.readFloatLE(this.#take(4)));
      case 7:
        return this.number(1) !== 0;
      case 8:
        return this.string();
      case 9:
        return this.#list();
      case 10:
        return plain(this.#bytes.readBigUInt64LE(this.#take(8)));
      case 11:
        return plain(this.#bytes.readBigInt64LE(this.#take(8)));
      case 12:
        return this.#bytes.readDoubleLE(this.#take(8));
      default:
        throw damagedGguf(this.#file, `a value has the unknown type ${type}`);
    }
  }

  tensor(): TensorClaim {
    const name = this.string();
    const axes = this.number(4);
    if (axes < 1 || axes > 4) throw damagedGguf(this.#file, `tensor "${name}" has ${axes} axes`);
    const shape = Array.from({ length: axes }, () => this.number(8)).reverse();
    return { name, shape, type: this.number(4), offset: this.number(8) };
  }

  #list(): () => GgufValue[] {
    const [type, count] = [this.number(4), this.number(8)];
    const start = this.position;
    const bytes = { 0: 1, 1: 1, 2: 2, 3: 2, 4: 4, 5: 4, 6: 4, 7: 1, 10: 8, 11: 8, 12: 8 }[type];
    if (bytes !== undefined) this.#take(count * bytes);
    else if (type === 8) for (let i = 0; i < count; i++) this.#take(this.number(8));
    else throw damagedGguf(this.#file, `a list has values of the type ${type}`);
    return () => {
      // What was skipped above is still in the buffer.
      this.position = start;
      return Array.from({ length: count }, () => this.value(type));
    };
  }

  /** Moves on over `count` bytes, which are in the buffer then; gives where they begin. */
  #take(count: number): number {
    const at = this.position;
    const end = at + count;
    if (end > MOST_HEADER_BYTES)
      throw damagedGguf(this.#file, `its header claims more than ${MOST_HEADER_BYTES} bytes`);
    if (end > this.#size) throw damagedGguf(this.#file, `its header needs more than the ${this.#size} bytes there are`);
    if (end > this.#bytes.length) {
      const grown = Buffer.alloc(Math.min(this.#size, Math.max(end, 2 * this.#bytes.length, 1 << 20)));
      this.#bytes.copy(grown);
      readInto(this.#descriptor, this.#file, this.#bytes.length, grown.subarray(this.#bytes.length));
      this.#bytes = grown;
    }
    this.position = end;
    return at;
  }

  #safe(value: bigint): number {
    const number = plain(value);
    if (typeof number === 'number') return number;
    throw damagedGguf(this.#file, `the number ${value} in its header is out of bounds`);
  }
}

const plain = (value: bigint): number | bigint =>
  value > Number.MAX_SAFE_INTEGER || value < Number.MIN_SAFE_INTEGER ? value : Number(value);

/** The shortest decimal that is this float32: 1e-5 rather than 0.000009999999747378752. */
export function shortest(value: number): number {
  for (let digits = 6; digits < 9; digits++) {
    const rounded = Number(value.toPrecision(digits));
    if (Math.fround(rounded) === value) return rounded;
  }
  return value;
}
