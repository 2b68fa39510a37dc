import { type FileMetaData, parquetSchema, type SchemaElement, type SchemaTree } from 'hyparquet';
import { BadInput } from '../../protocol/errors.ts';
import { floatValue, objectWriter, writeList } from './exact-values.ts';
import type { Levels } from './parquet-runs.ts';
import { dateText, decimalText, timestampText, timeText } from './parquet-values.ts';
import type { WideIntegers } from './wide-integers.ts';

/** A column of the rows, with all that is nested in it. */
export interface ParquetColumn {
  name: string;
  /** Its type in words: "text", "list of integer". */
  type: string;
  /** Neither a list, a map nor a struct: a value for each row. */
  isFlat: boolean;
  /** The columns that it is stored as, by their paths. */
  stored: Map<string, Levels>;
  /** From what the library reads to a value of JSON; numbers whose text matters come as `ExactJson`. */
  convert: Convert;
}

type Convert = (value: unknown) => unknown;

interface Kind {
  type: string;
  convert: Convert;
}

interface Context {
  file: string;
  wide: WideIntegers;
  note: (note: string) => void;
}

const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** How the library reads what is not numbers; other types come as they are stored, and are converted here. */
export const parsers = {
  stringFromBytes: (bytes: Uint8Array | undefined) => bytes && strict.decode(bytes),
  timestampFromNanoseconds: (nanoseconds: bigint) => nanoseconds,
};

/** The columns of a file. Changes the metadata's schema so that the library leaves to these columns what they convert better. */
export function columnsOf(metadata: FileMetaData, context: Context): ParquetColumn[] {
  const names = new Set<string>();
  return parquetSchema(metadata).children.map((node) => {
    const { name } = node.element;
    if (names.has(name)) throw new BadInput(`Two columns are called "${name}"; rename one.`, { file: context.file });
    names.add(name);
    const { type, convert } = kindOf(node, name, context);
    const isFlat = node.children.length === 0 && node.element.repetition_type !== 'REPEATED';
    return { name, type, isFlat, stored: new Map(storedColumns(node, { repetition: 0, definition: 0 })), convert };
  });
}

function storedColumns({ element, children, path }: SchemaTree, above: Levels): [string, Levels][] {
  const levels = {
    repetition: above.repetition + (element.repetition_type === 'REPEATED' ? 1 : 0),
    definition: above.definition + (element.repetition_type === 'REQUIRED' ? 0 : 1),
  };
  if (children.length === 0) return [[path.join('.'), levels]];
  return children.flatMap((child) => storedColumns(child, levels));
}

/** A repeated field that no list or map has announced is a list of what it holds. */
function kindOf(node: SchemaTree, name: string, context: Context): Kind {
  const kind = onceKindOf(node, name, context);
  return node.element.repetition_type === 'REPEATED' ? listKind(kind) : kind;
}

/** `name`: the way there, `messages.content`. */
function onceKindOf(node: SchemaTree, name: string, context: Context): Kind {
  const { element, children } = node;
  if (element.name === '__proto__')
    throw new BadInput('No column can be called "__proto__"; rename it.', { file: context.file });
  element.converted_type = containerType(element) ?? element.converted_type;
  if (children.length === 0) return leafKind(element, name, context);
  if (element.logical_type?.type === 'VARIANT')
    throw new BadInput(
      `The column "${name}" is of the type VARIANT, which is not supported; cast it in Python and write the file again.`,
      { file: context.file },
    );
  // As the library tells lists and maps from structs.
  const [inner] = children as [SchemaTree];
  const isRepeated = children.length === 1 && inner.element.repetition_type === 'REPEATED';
  if (element.converted_type === 'LIST' && isRepeated && inner.children.length <= 1)
    return listKind(inner.children[0] ? kindOf(inner.children[0], name, context) : onceKindOf(inner, name, context));
  const [key, value] = inner.children;
  if (element.converted_type === 'MAP' && isRepeated && inner.children.length === 2)
    return mapKind(onceKindOf(key!, name, context), onceKindOf(value!, name, context));
  return structKind(children, name, context);
}

/** Writers may say so in the newer way alone. */
function containerType({ logical_type, converted_type }: SchemaElement): 'LIST' | 'MAP' | undefined {
  if (logical_type?.type === 'LIST') return 'LIST';
  return logical_type?.type === 'MAP' || converted_type === 'MAP_KEY_VALUE' ? 'MAP' : undefined;
}

const listKind = ({ type, convert }: Kind): Kind => ({
  type: `list of ${type}`,
  convert: orNull((list) => writeList(Array.from(list as ArrayLike<unknown>, convert))),
});

/** Its keys become texts, as JSON has them. */
const mapKind = (key: Kind, value: Kind): Kind => ({
  type: `map from ${key.type} to ${value.type}`,
  convert: orNull((map) => {
    const entries = Object.entries(map as object);
    return objectWriter(entries.map(([name]) => name))((index) => value.convert(entries[index]![1]));
  }),
});

function structKind(children: SchemaTree[], name: string, context: Context): Kind {
  const kinds = children.map((child) => kindOf(child, `${name}.${child.element.name}`, context));
  const names = children.map(({ element }) => element.name);
  const write = objectWriter(names);
  return {
    type: `{ ${names.map((field, index) => `${field}: ${kinds[index]!.type}`).join(', ')} }`,
    convert: orNull((struct) =>
      write((index) => kinds[index]!.convert((struct as Record<string, unknown>)[names[index]!])),
    ),
  };
}

const orNull =
  (convert: Convert): Convert =>
  (value) =>
    value === null || value === undefined ? null : convert(value);

function leafKind(element: SchemaElement, name: string, context: Context): Kind {
  const kind = storedKind(element, name, context);
  return { ...kind, convert: orNull(kind.convert) };
}

function storedKind(element: SchemaElement, name: string, { wide, note }: Context): Kind {
  const { type, converted_type, logical_type } = element;
  const logical = logical_type?.type ?? '';
  const is = (...names: string[]) => names.includes(logical) || names.includes(converted_type ?? '');
  if (is('STRING', 'UTF8', 'ENUM', 'JSON')) {
    asStored(element, 'UTF8');
    return { type: 'text', convert: (value) => value };
  }
  if (is('DECIMAL')) {
    const scale = element.scale ?? (logical_type?.type === 'DECIMAL' ? logical_type.scale : 0) ?? 0;
    asStored(element);
    return { type: 'decimal', convert: (value) => decimalText(value as bigint, scale) };
  }
  if (is('DATE')) {
    asStored(element);
    return { type: 'date', convert: (value) => dateText(value as number) };
  }
  const unit = logical_type && 'unit' in logical_type ? logical_type.unit : unitOf(converted_type);
  if (is('TIME', 'TIME_MILLIS', 'TIME_MICROS')) {
    asStored(element);
    return { type: 'time', convert: (value) => timeText(value as number, unit) };
  }
  if (is('TIMESTAMP', 'TIMESTAMP_MILLIS', 'TIMESTAMP_MICROS')) {
    const isUtc = logical_type && 'isAdjustedToUTC' in logical_type ? logical_type.isAdjustedToUTC : true;
    asStored(element);
    return { type: 'timestamp', convert: (value) => timestampText(value as bigint, unit, isUtc) };
  }
  if (type === 'INT96')
    return { type: 'timestamp', convert: (value) => timestampText(value as bigint, 'NANOS', false) };
  if (is('UUID')) return { type: 'text', convert: (value) => value };
  if (is('FLOAT16') || type === 'FLOAT' || type === 'DOUBLE')
    return { type: 'float', convert: (value) => floatValue(value as number) };
  if (type === 'BOOLEAN') return { type: 'boolean', convert: (value) => value };
  if (type === 'INT32' || type === 'INT64') return { type: 'integer', convert: integerOf(name, wide) };
  // What else there is, and bytes without a meaning.
  asStored(element);
  const skipped = `The column "${name}" holds binary values, which are skipped: rewards and prompts get null.`;
  return {
    type: 'binary',
    convert: (value) => {
      try {
        return strict.decode(value as Uint8Array);
      } catch {
        note(skipped);
        return null;
      }
    },
  };
}

/** Takes from the library what it would make of the stored values. */
function asStored(element: SchemaElement, as?: 'UTF8'): void {
  delete element.logical_type;
  delete element.converted_type;
  if (as) element.converted_type = as;
}

const unitOf = (convertedType: string | undefined) => (convertedType?.endsWith('MILLIS') ? 'MILLIS' : 'MICROS');

function integerOf(name: string, wide: WideIntegers): Convert {
  return (value) => {
    if (wide.columns.has(name)) return String(value);
    const number = Number(value as number | bigint);
    if (Number.isSafeInteger(number)) return number;
    wide.columns.add(name);
    return String(value);
  };
}
