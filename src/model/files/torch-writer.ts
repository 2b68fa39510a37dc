import { basename, extname } from 'node:path';
import { pickled } from './python-pickle.ts';
import { writeTensorFile } from './tensor-file.ts';

/** Where torch puts the data of tensors, so that they can be mapped into memory. */
const ALIGNMENT = 64;
const LOCAL_BYTES = 30;
const MOST_32 = 0xffffffff;
/** 1 January 1980, the first day that a zip archive knows. */
const DAY = 0x21;

type Part = readonly [name: string, data: Uint8Array];

/**
 * Writes a file as `torch.save` does: a zip archive of a pickle, which is made with `python-pickle.ts`, and the storages of its tensors by their
 * keys, which arrive one after another. `sizes` says beforehand which will come, and how many bytes they have, below 4 GiB each.
 */
export async function writeTorchFile(
  file: string,
  value: Buffer,
  sizes: ReadonlyMap<string, number> = new Map(),
  storages: Iterable<readonly [key: string, values: Float32Array]> = [],
): Promise<void> {
  const pickle = pickled(value);
  const order = Buffer.from('little');
  const version = Buffer.from('3\n');
  const all = new Map([
    ['data.pkl', pickle.length],
    ['byteorder', order.length],
    ...[...sizes].map(([key, bytes]) => [`data/${key}`, bytes] as const),
    ['version', version.length],
  ]);
  const folder = basename(file, extname(file));
  const { starts, end } = places(all, folder);
  const written: Entry[] = [];
  function* parts(): Generator<Part> {
    yield ['data.pkl', pickle];
    yield ['byteorder', order];
    for (const [key, { buffer, byteOffset, byteLength }] of storages)
      yield [`data/${key}`, new Uint8Array(buffer, byteOffset, byteLength)];
    yield ['version', version];
    yield [LIST, listOfFiles(written, end)];
  }
  const layout = {
    header: Buffer.alloc(0),
    starts: new Map([...starts, [LIST, end]]),
    end: end + listBytes(starts, folder),
  };
  await writeTensorFile<Part>(file, layout, parts(), ([name, data], start, writeAt) => {
    if (name === LIST) return writeAt(data, start);
    const entry = { name: `${folder}/${name}`, start, bytes: data.length, crc: crc32(data) };
    const head = localHeader(entry);
    writeAt(head, start);
    writeAt(data, start + head.length);
    written.push(entry);
  });
}

const LIST = '';

interface Entry {
  name: string;
  start: number;
  bytes: number;
  crc: number;
}

/** Where each file's header begins, and where the last one ends. */
function places(sizes: ReadonlyMap<string, number>, folder: string): { starts: Map<string, number>; end: number } {
  const starts = new Map<string, number>();
  let end = 0;
  for (const [name, bytes] of sizes) {
    starts.set(name, end);
    end += headerBytes(`${folder}/${name}`, end) + bytes;
  }
  return { starts, end };
}

/** With the padding behind the name that aligns the data. An extra field has at least 4 bytes. */
function headerBytes(name: string, start: number): number {
  const bare = LOCAL_BYTES + Buffer.byteLength(name) + 4;
  return Math.ceil((start + bare) / ALIGNMENT) * ALIGNMENT - start;
}

function localHeader({ name, start, bytes, crc }: Entry): Buffer {
  const head = Buffer.alloc(headerBytes(name, start));
  const nameBytes = Buffer.byteLength(name);
  head.writeUInt32LE(0x04034b50, 0);
  head.writeUInt16LE(DAY, 12);
  head.writeUInt32LE(crc, 14);
  head.writeUInt32LE(bytes, 18);
  head.writeUInt32LE(bytes, 22);
  head.writeUInt16LE(nameBytes, 26);
  const extra = head.length - LOCAL_BYTES - nameBytes;
  head.writeUInt16LE(extra, 28);
  head.write(name, LOCAL_BYTES);
  // As torch names its padding.
  head.write('FB', LOCAL_BYTES + nameBytes);
  head.writeUInt16LE(extra - 4, LOCAL_BYTES + nameBytes + 2);
  return head;
}

const ENTRY_BYTES = 46;
/** An offset of 64 bits, for each file: so the length of the list does not depend on where they are. */
const WIDE_BYTES = 12;
const END_BYTES = 56 + 20 + 22;

const listBytes = (starts: ReadonlyMap<string, number>, folder: string): number =>
  [...starts.keys()].reduce(
    (sum, name) => sum + ENTRY_BYTES + Buffer.byteLength(`${folder}/${name}`) + WIDE_BYTES,
    END_BYTES,
  );

/** The list of files that ends an archive, with numbers of 64 bits (zip64). */
function listOfFiles(entries: readonly Entry[], start: number): Buffer {
  const list = entries.map(({ name, start: at, bytes, crc }) => {
    const entry = Buffer.alloc(ENTRY_BYTES + Buffer.byteLength(name) + WIDE_BYTES);
    entry.writeUInt32LE(0x02014b50, 0);
    entry.writeUInt16LE(45, 6);
    entry.writeUInt16LE(DAY, 14);
    entry.writeUInt32LE(crc, 16);
    entry.writeUInt32LE(bytes, 20);
    entry.writeUInt32LE(bytes, 24);
    entry.writeUInt16LE(Buffer.byteLength(name), 28);
    entry.writeUInt16LE(WIDE_BYTES, 30);
    entry.writeUInt32LE(MOST_32, 42);
    entry.write(name, ENTRY_BYTES);
    const wide = entry.length - WIDE_BYTES;
    entry.writeUInt16LE(1, wide);
    entry.writeUInt16LE(8, wide + 2);
    entry.writeBigUInt64LE(BigInt(at), wide + 4);
    return entry;
  });
  const bytes = list.reduce((sum, { length }) => sum + length, 0);
  const end = Buffer.alloc(END_BYTES);
  end.writeUInt32LE(0x06064b50, 0);
  end.writeBigUInt64LE(44n, 4);
  end.writeUInt16LE(45, 12);
  end.writeUInt16LE(45, 14);
  for (const place of [24, 32]) end.writeBigUInt64LE(BigInt(entries.length), place);
  end.writeBigUInt64LE(BigInt(bytes), 40);
  end.writeBigUInt64LE(BigInt(start), 48);
  end.writeUInt32LE(0x07064b50, 56);
  end.writeBigUInt64LE(BigInt(start + bytes), 64);
  end.writeUInt32LE(1, 72);
  end.writeUInt32LE(0x06054b50, 76);
  for (const place of [84, 86]) end.writeUInt16LE(0xffff, place);
  for (const place of [88, 92]) end.writeUInt32LE(MOST_32, place);
  return Buffer.concat([...list, end]);
}

const TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let rest = byte;
  for (let bit = 0; bit < 8; bit++) rest = rest & 1 ? (rest >>> 1) ^ 0xedb88320 : rest >>> 1;
  return rest;
});

/** The checksum of zip archives. (Node has one from 20.15 on.) */
function crc32(bytes: Uint8Array): number {
  let sum = MOST_32;
  for (let i = 0; i < bytes.length; i++) sum = (sum >>> 8) ^ TABLE[(sum ^ bytes[i]!) & 0xff]!;
  return (sum ^ MOST_32) >>> 0;
}
