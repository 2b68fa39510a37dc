import { BinaryReader, type WireType } from '@bufbuild/protobuf/wire';
import { crc32c } from '../../../src/tensorboard/crc32c.ts';

/** An event as a test sees it. */
export interface ReadEvent {
  wallTime: number;
  step: number;
  version?: string;
  starts?: true;
  scalars?: Record<string, number>;
  texts?: Record<string, string>;
}

/** The events of a file; throws where a record's checksum is not that of its bytes. */
export function readEvents(file: Buffer): ReadEvent[] {
  const events: ReadEvent[] = [];
  for (let at = 0; at < file.length; ) {
    const length = Number(file.readBigUInt64LE(at));
    check(file.subarray(at, at + 8), file.readUInt32LE(at + 8));
    const data = file.subarray(at + 12, at + 12 + length);
    check(data, file.readUInt32LE(at + 12 + length));
    events.push(readEvent(data));
    at += 16 + length;
  }
  return events;
}

function check(bytes: Uint8Array, masked: number): void {
  const rotated = (masked - 0xa282ead8) >>> 0;
  if (((rotated >>> 17) | (rotated << 15)) >>> 0 !== crc32c(bytes)) throw new Error('The checksum is another one.');
}

function readEvent(data: Uint8Array): ReadEvent {
  const event: ReadEvent = { wallTime: 0, step: 0 };
  fields(data, {
    1: (reader) => Object.assign(event, { wallTime: reader.double() }),
    2: (reader) => Object.assign(event, { step: Number(reader.int64()) }),
    3: (reader) => Object.assign(event, { version: reader.string() }),
    5: (reader) => fields(reader.bytes(), { 1: (summary) => readValue(summary.bytes(), event) }),
    7: (reader) =>
      fields(reader.bytes(), { 1: (session) => Object.assign(event, session.int32() === 1 && { starts: true }) }),
  });
  return event;
}

function readValue(data: Uint8Array, event: ReadEvent): void {
  let tag = '';
  const take = (texts: Record<string, string>) => Object.assign(event, { texts: { ...event.texts, ...texts } });
  fields(data, {
    1: (reader) => {
      tag = reader.string();
    },
    2: (reader) => Object.assign(event, { scalars: { ...event.scalars, [tag]: reader.float() } }),
    8: (reader) => fields(reader.bytes(), { 8: (tensor) => take({ [tag]: tensor.string() }) }),
  });
}

function fields(data: Uint8Array, read: Record<number, (reader: BinaryReader) => unknown>): void {
  const reader = new BinaryReader(data);
  while (reader.pos < reader.len) {
    const [field, type] = reader.tag() as [number, WireType];
    if (read[field]) read[field](reader);
    else reader.skip(type);
  }
}
