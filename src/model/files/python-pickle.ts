/**
 * Values as Python pickles them (protocol 2): what each function gives goes into others, and at last into `pickled`. Without a memo: nothing is
 * there twice.
 */
export const pickled = (value: Buffer): Buffer => Buffer.concat([Buffer.from([0x80, 2]), value, Buffer.from('.')]);

export const none: Buffer = Buffer.from('N');
export const bool = (value: boolean): Buffer => Buffer.from([value ? 0x88 : 0x89]);

/** Of at most 6 bytes. */
export function int(value: number): Buffer {
  const bytes = Buffer.alloc(9);
  bytes.set([0x8a, 7]);
  bytes.writeIntLE(value, 2, 6);
  bytes[8] = value < 0 ? 0xff : 0;
  return bytes;
}

export function float(value: number): Buffer {
  const bytes = Buffer.alloc(9, 'G');
  bytes.writeDoubleBE(value, 1);
  return bytes;
}

export function text(value: string): Buffer {
  const utf8 = Buffer.from(value);
  const head = Buffer.alloc(5, 'X');
  head.writeUInt32LE(utf8.length, 1);
  return Buffer.concat([head, utf8]);
}

export const list = (items: readonly Buffer[]): Buffer =>
  Buffer.concat([Buffer.from(']('), ...items, Buffer.from('e')]);

export const tuple = (items: readonly Buffer[]): Buffer =>
  Buffer.concat([Buffer.from('('), ...items, Buffer.from('t')]);

export const dict = (entries: readonly (readonly [key: Buffer, value: Buffer])[]): Buffer =>
  Buffer.concat([Buffer.from('}('), ...entries.flat(), Buffer.from('u')]);

/** With texts as keys. */
export const record = (entries: Record<string, Buffer>): Buffer =>
  dict(Object.entries(entries).map(([key, value]) => [text(key), value]));

/** A tensor of float32 values, which are in the storage of this key. */
export function tensor(key: string, shape: readonly number[]): Buffer {
  const size = shape.reduce((product, length) => product * length, 1);
  const strides = shape.map((_, index) => shape.slice(index + 1).reduce((product, length) => product * length, 1));
  const storage = tuple([text('storage'), named('torch', 'FloatStorage'), text(key), text('cpu'), int(size)]);
  const hooks = call(named('collections', 'OrderedDict'), []);
  return call(named('torch._utils', '_rebuild_tensor_v2'), [
    Buffer.concat([storage, Buffer.from('Q')]),
    int(0),
    tuple(shape.map(int)),
    tuple(strides.map(int)),
    bool(false),
    hooks,
  ]);
}

const named = (module: string, name: string): Buffer => Buffer.from(`c${module}\n${name}\n`);
const call = (what: Buffer, args: readonly Buffer[]): Buffer => Buffer.concat([what, tuple(args), Buffer.from('R')]);
