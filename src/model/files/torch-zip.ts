import { fstatSync } from 'node:fs';
import { readBytes, withFile } from '../../files/file-bytes.ts';
import { damagedFile } from './damaged-file.ts';

/** Where a file of an archive is: `start` is its offset from the archive's beginning, in bytes. */
export interface StoredFile {
  start: number;
  bytes: number;
}

const END = 0x06054b50;
const END_BYTES = 22;
const END_64 = 0x06064b50;
const LOCATOR_64 = 0x07064b50;
const LOCATOR_BYTES = 20;
const ENTRY = 0x02014b50;
const LOCAL = 0x04034b50;
const LOCAL_BYTES = 30;
const IN_64 = 0xffffffff;
/** A comment may follow the end record. */
const MOST_COMMENT = 0xffff;
/** Of the list of files: more is no file of torch's. */
const MOST_LIST = 64e6;

/**
 * The files of a zip archive that `torch.save` has written, by their names without the archive's own folder: `data.pkl`, `data/0`. They are
 * stored as they are, each at a multiple of 64 bytes. Throws BadInput for anything else.
 */
export function readTorchZip(file: string): Map<string, StoredFile> {
  return withFile(file, (descriptor) => {
    const size = fstatSync(descriptor).size;
    const read = (position: number, length: number): Buffer => {
      if (position < 0 || length < 0 || position + length > size) throw damaged(file);
      return Buffer.from(readBytes(descriptor, file, position, length).buffer);
    };
    const { count, start, bytes } = listOf(read, size, file);
    if (bytes > MOST_LIST) throw damaged(file);
    const list = read(start, bytes);
    const files = new Map<string, StoredFile>();
    for (let at = 0, entry = 0; entry < count; entry++) {
      if (at + 46 > list.length || list.readUInt32LE(at) !== ENTRY) throw damaged(file);
      const [nameBytes, extraBytes, commentBytes] = [28, 30, 32].map((field) => list.readUInt16LE(at + field)) as [
        number,
        number,
        number,
      ];
      const next = at + 46 + nameBytes + extraBytes + commentBytes;
      if (next > list.length || list.readUInt16LE(at + 10) !== 0) throw damaged(file);
      const name = list.toString('utf8', at + 46, at + 46 + nameBytes);
      const extra = list.subarray(at + 46 + nameBytes, at + 46 + nameBytes + extraBytes);
      const fields = [24, 20, 42].map((field) => list.readUInt32LE(at + field));
      const [length, , header] = widened(fields, extra, file) as [number, number, number];
      const local = read(header, LOCAL_BYTES);
      if (local.readUInt32LE(0) !== LOCAL) throw damaged(file);
      const data = header + LOCAL_BYTES + local.readUInt16LE(26) + local.readUInt16LE(28);
      if (data + length > size) throw damaged(file);
      files.set(name.slice(name.indexOf('/') + 1), { start: data, bytes: length });
      at = next;
    }
    return files;
  });
}

type Read = (position: number, length: number) => Buffer;

/** Where the list of files is, which the end of an archive says. */
function listOf(read: Read, size: number, file: string): { count: number; start: number; bytes: number } {
  const tail = Math.min(size, END_BYTES + MOST_COMMENT);
  const bytes = read(size - tail, tail);
  const end = bytes.lastIndexOf(Buffer.from([0x50, 0x4b, 0x05, 0x06]));
  if (end < 0 || end + END_BYTES > bytes.length || bytes.readUInt32LE(end) !== END) throw damaged(file);
  const short = {
    count: bytes.readUInt16LE(end + 10),
    bytes: bytes.readUInt32LE(end + 12),
    start: bytes.readUInt32LE(end + 16),
  };
  if (short.count !== 0xffff && short.bytes !== IN_64 && short.start !== IN_64) return short;
  const locator = read(size - tail + end - LOCATOR_BYTES, LOCATOR_BYTES);
  if (locator.readUInt32LE(0) !== LOCATOR_64) throw damaged(file);
  const long = read(Number(locator.readBigUInt64LE(8)), 56);
  if (long.readUInt32LE(0) !== END_64) throw damaged(file);
  const [count, length, start] = [32, 40, 48].map((field) => Number(long.readBigUInt64LE(field)));
  return { count: count!, bytes: length!, start: start! };
}

/** Numbers of 32 bits, those that are too large for it taken from the entry's extra fields. */
function widened(fields: number[], extra: Buffer, file: string): number[] {
  if (!fields.includes(IN_64)) return fields;
  for (let at = 0; at + 4 <= extra.length; at += 4 + extra.readUInt16LE(at + 2)) {
    if (extra.readUInt16LE(at) !== 1) continue;
    let from = at + 4;
    return fields.map((field) => {
      if (field !== IN_64) return field;
      if (from + 8 > extra.length) throw damaged(file);
      from += 8;
      return Number(extra.readBigUInt64LE(from - 8));
    });
  }
  throw damaged(file);
}

const damaged = (file: string) => damagedFile(file, "This is not a complete file of torch's (torch.save)");
