import { BinaryReader, WireType } from '@bufbuild/protobuf/wire';
import { crc32c } from './crc32c.ts';
import { FOOT_BYTES, HEAD_BYTES, masked } from './record.ts';

/** What an event file has of a step: numbers and texts by their tags. */
export interface ReadEvent {
  step: number;
  /** Seconds since 1970. */
  wallTime: number;
  scalars: Record<string, number>;
  texts: Record<string, string>;
}

/**
 * The events of a file as far as they are whole: one that is being written ends in a part of one. Histograms, images and the like are passed over.
 * What does not have its checksum ends the reading, as in TensorBoard.
 */
export function readEvents(bytes: Uint8Array): ReadEvent[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const events: ReadEvent[] = [];
  for (let at = 0; at + HEAD_BYTES + FOOT_BYTES <= bytes.length; ) {
    const length = Number(view.getBigUint64(at, true));
    const isHead = view.getUint32(at + 8, true) === masked(crc32c(bytes.subarray(at, at + 8)));
    const start = at + HEAD_BYTES;
    if (!isHead || start + length + FOOT_BYTES > bytes.length) break;
    const data = bytes.subarray(start, start + length);
    if (view.getUint32(start + length, true) !== masked(crc32c(data))) break;
    events.push(decodeEvent(data));
    at = start + length + FOOT_BYTES;
  }
  return events;
}

/** The fields' numbers are those of event.proto, summary.proto and tensor.proto. */
function decodeEvent(data: Uint8Array): ReadEvent {
  const event: ReadEvent = { step: 0, wallTime: 0, scalars: {}, texts: {} };
  eachField(data, {
    1: (reader) => {
      event.wallTime = reader.double();
    },
    2: (reader) => {
      event.step = Number(reader.int64());
    },
    5: (summary) => eachField(summary.bytes(), { 1: (value) => addValue(event, value.bytes()) }),
  });
  return event;
}

function addValue(event: ReadEvent, data: Uint8Array): void {
  let tag = '';
  let scalar: number | undefined;
  let text: string | undefined;
  eachField(data, {
    1: (reader) => {
      tag = reader.string();
    },
    2: (reader) => {
      scalar = reader.float();
    },
    8: (tensor) =>
      eachField(tensor.bytes(), {
        8: (reader) => {
          text = reader.string();
        },
      }),
  });
  if (scalar !== undefined) event.scalars[tag] = scalar;
  if (text !== undefined) event.texts[tag] = text;
}

function eachField(data: Uint8Array, known: Record<number, (reader: BinaryReader) => void>): void {
  const reader = new BinaryReader(data);
  while (reader.pos < reader.len) {
    const [field, type] = reader.tag();
    const read = known[field];
    if (read && type !== WireType.StartGroup) read(reader);
    else reader.skip(type);
  }
}
