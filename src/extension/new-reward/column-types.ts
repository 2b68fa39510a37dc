import { own } from '../../text/own.ts';

/** A dataset's row as it is in the file. */
export type Row = Record<string, unknown>;

const GIVEN = new Set(['prompt', 'prompts', 'completion', 'completions', 'completion_ids', 'expect']);
/** Deeper values are `unknown`. */
const DEEPEST = 3;

/** The columns that reach a reward function besides the prompt, with the TypeScript type of their values in these rows. */
export function columnTypes(rows: readonly Row[]): Map<string, string> {
  const names = new Set(rows.flatMap((row) => Object.keys(row)).filter((name) => !GIVEN.has(name)));
  return new Map(
    [...names].map((name) => [
      name,
      typeOf(
        rows.map((row) => own(row, name) ?? null),
        DEEPEST,
      ),
    ]),
  );
}

/** The union of the values' types; `unknown` for too many or too deep ones. */
function typeOf(values: readonly unknown[], depth: number): string {
  const kinds = new Set(values.map(kindOf));
  const types = [...kinds].sort().map((kind) => {
    const these = values.filter((value) => kindOf(value) === kind);
    if (kind === 'array') return listOf((these as unknown[][]).flat(), depth);
    if (kind === 'object') return objectOf(these as Row[], depth);
    return kind;
  });
  return types.length === 0 || types.includes('unknown') ? 'unknown' : types.join(' | ');
}

const kindOf = (value: unknown): string => (value === null ? 'null' : Array.isArray(value) ? 'array' : typeof value);

function listOf(items: unknown[], depth: number): string {
  const type = depth > 0 && items.length > 0 ? typeOf(items, depth - 1) : 'unknown';
  return type.includes('|') ? `(${type})[]` : `${type}[]`;
}

function objectOf(rows: Row[], depth: number): string {
  const names = new Set(rows.flatMap((row) => Object.keys(row)));
  if (depth === 0 || names.size === 0 || names.size > 12) return 'Record<string, unknown>';
  const fields = [...names].map((name) => {
    const having = rows.filter((row) => Object.hasOwn(row, name));
    return `${propertyName(name)}${having.length < rows.length ? '?' : ''}: ${typeOf(
      having.map((row) => row[name]),
      depth - 1,
    )}`;
  });
  return `{ ${fields.join('; ')} }`;
}

/** Whether a column can be named in a function's parameters. */
export const isIdentifier = (name: string): boolean => /^[A-Za-z_][A-Za-z0-9_]*$/.test(name) && !KEYWORDS.has(name);

export const propertyName = (name: string): string => (isIdentifier(name) ? name : JSON.stringify(name));

/** Of TypeScript and of Python, so that a name serves in both. */
const KEYWORDS = new Set(
  `and arguments as assert async await break case catch class const continue debugger def default del delete do elif else enum eval except export
  extends False false finally for from function global if implements import in instanceof interface is lambda let new None nonlocal not null or
  package pass private protected public raise return static super switch this throw True true try typeof undefined var void while with yield`.split(
    /\s+/,
  ),
);
