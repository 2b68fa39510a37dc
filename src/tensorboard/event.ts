import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';

/**
 * An entry of an event file (tensorboard/compat/proto/event.proto): one of the first entry's `version`, the `start` of a session, whose step
 * is the first one that counts from it on, and numbers or a text by their tags.
 */
export type TensorBoardEvent = { wallTime: number; step: number } & (
  | { kind: 'version' }
  | { kind: 'start' }
  | { kind: 'scalars'; values: Readonly<Record<string, number>> }
  | { kind: 'text'; tag: string; text: string }
);

/** From this version on, what a restarted run wrote before is told apart by the start of its session. */
const FILE_VERSION = 'brain.Event:2';
const SESSION_START = 1;
const DT_STRING = 7;

/** The fields' numbers are those of event.proto and summary.proto. */
export function encodeEvent(event: TensorBoardEvent): Uint8Array {
  const writer = new BinaryWriter();
  writer.tag(1, WireType.Bit64).double(event.wallTime);
  if (event.step !== 0) writer.tag(2, WireType.Varint).int64(event.step);
  switch (event.kind) {
    case 'version':
      writer.tag(3, WireType.LengthDelimited).string(FILE_VERSION);
      break;
    case 'start':
      message(writer, 7, (session) => session.tag(1, WireType.Varint).int32(SESSION_START));
      break;
    case 'scalars':
      message(writer, 5, (summary) => {
        for (const [tag, value] of Object.entries(event.values))
          message(summary, 1, (entry) => {
            entry.tag(1, WireType.LengthDelimited).string(tag);
            entry.tag(2, WireType.Bit32).float(Math.fround(value));
          });
      });
      break;
    case 'text':
      message(writer, 5, (summary) => message(summary, 1, (entry) => writeText(entry, event.tag, event.text)));
      break;
    default:
      event satisfies never;
  }
  return writer.finish();
}

/** A list of one string, for the plugin that shows Markdown. */
function writeText(entry: BinaryWriter, tag: string, text: string): void {
  entry.tag(1, WireType.LengthDelimited).string(tag);
  message(entry, 8, (tensor) => {
    tensor.tag(1, WireType.Varint).int32(DT_STRING);
    message(tensor, 2, (shape) => message(shape, 2, (dimension) => dimension.tag(1, WireType.Varint).int64(1)));
    tensor.tag(8, WireType.LengthDelimited).string(text);
  });
  message(entry, 9, (metadata) =>
    message(metadata, 1, (plugin) => plugin.tag(1, WireType.LengthDelimited).string('text')),
  );
}

function message(writer: BinaryWriter, field: number, write: (inner: BinaryWriter) => void): void {
  writer.tag(field, WireType.LengthDelimited).fork();
  write(writer);
  writer.join();
}
