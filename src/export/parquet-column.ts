import type { SchemaElement } from 'hyparquet-writer';
import { numberText, stringifyExact } from '../text/exact-json.ts';
import { own } from '../text/own.ts';
import type { ColumnType } from './column-type.ts';

/** A column as Parquet describes it, its parts after it. Every value may be null. */
export function schemaOf(name: string, type: ColumnType): SchemaElement[] {
  const column = { name, repetition_type: 'OPTIONAL' } as const;
  switch (type.kind) {
    case 'list':
      return [
        { ...column, converted_type: 'LIST', num_children: 1 },
        { name: 'list', repetition_type: 'REPEATED', num_children: 1 },
        ...schemaOf('element', type.of),
      ];
    case 'struct':
      // Parquet has no group without fields.
      if (type.fields.size === 0) return schemaOf(name, { kind: 'json' });
      return [
        { ...column, num_children: type.fields.size },
        ...[...type.fields].flatMap(([field, of]) => schemaOf(field, of)),
      ];
    case 'boolean':
      return [{ ...column, type: 'BOOLEAN' }];
    case 'int32':
      return [{ ...column, type: 'INT32' }];
    case 'int64':
    case 'wide':
      return [{ ...column, type: 'INT64' }];
    case 'double':
      return [{ ...column, type: 'DOUBLE' }];
    case 'none':
    case 'string':
    case 'json':
      return [{ ...column, type: 'BYTE_ARRAY', converted_type: 'UTF8' }];
    default:
      return type satisfies never;
  }
}

/** `owner[key]` as the writer takes a value of that type; null where it is missing. */
export function cellOf(owner: object, key: string, type: ColumnType): unknown {
  const value = own(owner as Record<string, unknown>, key);
  if (value === undefined || value === null) return null;
  switch (type.kind) {
    case 'list':
      return (value as unknown[]).map((_, at) => cellOf(value, String(at), type.of));
    case 'struct':
      if (type.fields.size === 0) return stringifyExact(value);
      return Object.fromEntries([...type.fields].map(([field, of]) => [field, cellOf(value, field, of)]));
    case 'int64':
    case 'wide':
      return BigInt(numberText(owner, key) ?? (value as number));
    case 'json':
      return numberText(owner, key) ?? stringifyExact(value);
    case 'boolean':
    case 'int32':
    case 'double':
    case 'string':
      return value;
    case 'none':
      return null;
    default:
      return type satisfies never;
  }
}
