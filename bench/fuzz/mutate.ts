/** Gives integers below a bound; the same ones for the same case. */
export type Draw = (below: number) => number;

/** A spoiled file, and how it was spoiled. */
export interface Mutation {
  bytes: Buffer;
  what: string;
}

/** `footer`: binary, with its description at the end. */
export type Content = 'json' | 'lines' | 'text' | 'binary' | 'footer';

/** Spoils a file's content in one way. */
export function mutate(bytes: Buffer, content: Content, draw: Draw): Mutation {
  if (content === 'json' && draw(3) > 0) return mutateJson(bytes, draw) ?? mutateBytes(bytes, draw);
  if (content === 'lines' && draw(3) > 0) return mutateLine(bytes, draw) ?? mutateBytes(bytes, draw);
  if (content === 'binary' && draw(2) > 0) return mutateBinary(bytes, draw);
  if (content === 'footer' && draw(4) > 0) return mutateBinary(bytes, draw, bytes.length);
  return mutateBytes(bytes, draw);
}

const pick = <T>(items: readonly T[], draw: Draw): T => items[draw(items.length)]!;

/** What a person, a broken disk or another program may leave in a text. */
const INSERTIONS: Record<string, Buffer> = {
  'an escape sequence': Buffer.from('\x1b[2J\x1b[31m'),
  'control characters': Buffer.from('\0\b\r\x7f'),
  'Latin-1': Buffer.from([0xe9, 0xe8]),
  'half a character': Buffer.from([0xf0, 0x9f]),
  'half a surrogate pair': Buffer.from('\\ud800'),
  'a hundred thousand brackets': Buffer.from('['.repeat(100_000)),
  'a hundred thousand braces': Buffer.from('{"a":'.repeat(100_000)),
  'a long word': Buffer.from('x'.repeat(100_000)),
  quotes: Buffer.from('""'),
  'a byte order mark': Buffer.from('\uFEFF'),
};

function mutateBytes(bytes: Buffer, draw: Draw): Mutation {
  const at = draw(bytes.length + 1);
  const length = 1 + draw(Math.max(1, Math.min(200, bytes.length - at)));
  const [before, after] = [bytes.subarray(0, at), bytes.subarray(at)];
  switch (draw(8)) {
    case 0: {
      const changed = Buffer.from(bytes);
      if (changed.length > 0) changed[Math.min(at, changed.length - 1)]! ^= 1 << draw(8);
      return { bytes: changed, what: `one bit changed at ${at}` };
    }
    case 1:
      return { bytes: before, what: `cut off at ${at}` };
    case 2:
      return { bytes: Buffer.concat([before, after.subarray(length)]), what: `${length} bytes skipped at ${at}` };
    case 3:
      return {
        bytes: Buffer.concat([before, after.subarray(0, length), after]),
        what: `${length} bytes twice at ${at}`,
      };
    case 4:
      return { bytes: Buffer.from(`\uFEFF${bytes.toString('latin1')}`, 'utf16le'), what: 'as UTF-16' };
    case 5:
      return draw(4) === 0 ? { bytes: Buffer.alloc(0), what: 'empty' } : { bytes: before, what: `cut off at ${at}` };
    default: {
      const [what, inserted] = pick(Object.entries(INSERTIONS), draw);
      return { bytes: Buffer.concat([before, inserted, after]), what: `${what} at ${at}` };
    }
  }
}

/** Values where others were meant. */
const VALUES: unknown[] = [
  ...[null, true, '', 'x', [], {}, 0, -1, 0.5, 1e9, 1e308, -1e308, 2 ** 53, 1e-320],
  ...['x'.repeat(5000), '\u001b[31m', '/dev/zero', '../..', '\ud800', '__proto__', 'constructor'],
  ...[[[]], [null], ['x'], [-1], [1e9], { __proto__: null, toString: 1 }],
];
const NAMES = ['__proto__', 'constructor', 'toString', '', 'x'.repeat(5000), 'file'];

function mutateJson(bytes: Buffer, draw: Draw): Mutation | undefined {
  let value: unknown;
  try {
    value = JSON.parse(bytes.toString('utf8'));
  } catch {
    return undefined;
  }
  const { root, what } = mutateValue(value, draw);
  return { bytes: Buffer.from(JSON.stringify(root)), what };
}

function mutateLine(bytes: Buffer, draw: Draw): Mutation | undefined {
  const lines = bytes.toString('utf8').split('\n');
  const line = draw(Math.max(1, lines.length - 1));
  const mutation = mutateJson(Buffer.from(lines[line] ?? ''), draw);
  if (!mutation) return undefined;
  lines[line] = mutation.bytes.toString('utf8');
  return { bytes: Buffer.from(lines.join('\n')), what: `line ${line + 1}: ${mutation.what}` };
}

/** Changes one place of a value: another value there, another name, or none. */
function mutateValue(root: unknown, draw: Draw): { root: unknown; what: string } {
  let parent: Record<string, unknown> | undefined;
  let key = '';
  let value = root;
  const path: string[] = [];
  // Down to some depth: outer places decide more than the thousandth token of a vocabulary.
  while (typeof value === 'object' && value !== null && Object.keys(value).length > 0 && (!parent || draw(3) > 0)) {
    parent = value as Record<string, unknown>;
    key = pick(Object.keys(parent), draw);
    path.push(key);
    value = parent[key];
  }
  const chosen = pick(VALUES, draw);
  if (!parent) return { root: chosen, what: `${shown(chosen)} instead of all` };
  const place = path.join('.').slice(0, 60);
  const name = pick(NAMES, draw);
  switch (draw(5)) {
    case 0:
      if (Array.isArray(parent)) parent.splice(Number(key), 1);
      else delete parent[key];
      return { root, what: `without ${place}` };
    case 1:
      Object.defineProperty(parent, name, { value, enumerable: true, configurable: true, writable: true });
      return { root, what: `${place} also as ${name.slice(0, 20)}` };
    default:
      parent[key] = chosen;
      return { root, what: `${place} is ${shown(chosen)}` };
  }
}

const shown = (value: unknown): string => (JSON.stringify(value) ?? String(value)).slice(0, 30);

/** Headers make claims: most of what can go wrong with a binary file is in its beginning, or before the end that is given. */
function mutateBinary(bytes: Buffer, draw: Draw, end = 0): Mutation {
  const changed = Buffer.from(bytes);
  const distance = draw(Math.min(bytes.length, draw(2) === 0 ? 64 : 4000));
  const at = end > 0 ? end - 1 - distance : distance;
  const [what, value] = pick(
    [
      ['0', 0],
      ['255', 255],
      ['127', 127],
      ['"', 34],
      ['[', 91],
      ['9', 57],
    ] as const,
    draw,
  );
  const length = Math.min(1 + draw(8), bytes.length - at);
  changed.fill(value, at, at + length);
  return { bytes: changed, what: `${length} bytes of ${what} at ${at}` };
}
