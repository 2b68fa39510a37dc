import { bind, toIndex, toText } from './arguments.ts';
import { made, spend } from './budget.ts';
import { NotSupported, TemplateError } from './errors.ts';
import { iterate, truthy } from './iteration.ts';
import { floatText, intText } from './numbers.ts';
import { type Args, Dict, Markup, Tuple, typeName, type Value } from './values.ts';

const MAX_NESTING = 200;
const SHORT: Record<string, string> = {
  '"': '\\"',
  '\\': '\\\\',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\f': '\\f',
  '\b': '\\b',
};

interface Style {
  ascii: boolean;
  /** What a level of nesting is indented by; undefined for all on one line. */
  indent: string | undefined;
  betweenItems: string;
  afterKey: string;
  sortKeys: boolean;
}

/** transformers' `tojson`, which is Python's `json.dumps` (Jinja2's own would escape HTML). */
export function toJson(value: Value, args: Args): string {
  const [ascii, indentValue, separators, sortKeys] = bind(
    'tojson',
    args,
    'ensure_ascii?',
    'indent?',
    'separators?',
    'sort_keys?',
  );
  const indent = indentOf(indentValue);
  let betweenItems = indent === undefined ? ', ' : ',';
  let afterKey = ': ';
  if (separators !== undefined && separators !== null) {
    const both = [...iterate(separators)];
    if (both.length !== 2) throw new TemplateError('"tojson" needs two separators');
    [betweenItems, afterKey] = both.map((text) => toText('tojson', text)) as [string, string];
  }
  const style = { ascii: truthy(ascii ?? false), indent, betweenItems, afterKey, sortKeys: truthy(sortKeys ?? false) };
  return made(write(value, style, 0));
}

function indentOf(value: Value | undefined): string | undefined {
  if (value === undefined || value === null) return undefined;
  return typeof value === 'string' ? value : ' '.repeat(Math.max(0, toIndex('tojson', value, 0)));
}

function write(value: Value, style: Style, nesting: number): string {
  spend(1);
  if (nesting > MAX_NESTING) throw new TemplateError('a value is nested too deeply for "tojson"');
  if (value === null) return 'null';
  if (typeof value === 'boolean') return String(value);
  if (typeof value === 'bigint') return intText(value);
  if (typeof value === 'number') return jsonFloat(value);
  if (typeof value === 'string') return jsonText(value, style.ascii);
  if (value instanceof Markup) return jsonText(value.text, style.ascii);
  const items = Array.isArray(value) ? value : value instanceof Tuple ? value.items : undefined;
  if (items) {
    const written = items.map((item) => write(item, style, nesting + 1));
    return enclose('[', written, ']', style, nesting);
  }
  if (value instanceof Dict) {
    const pairs = sorted([...value.entries()], style).map(
      ([key, item]) => `${jsonText(keyOf(key), style.ascii)}${style.afterKey}${write(item, style, nesting + 1)}`,
    );
    return enclose('{', pairs, '}', style, nesting);
  }
  throw new TemplateError(`a value of type ${typeName(value)} cannot be written as JSON`);
}

function enclose(open: string, parts: string[], close: string, style: Style, nesting: number): string {
  if (parts.length === 0) return open + close;
  if (style.indent === undefined) return made(open + parts.join(style.betweenItems) + close);
  const line = (level: number) => `\n${style.indent!.repeat(level)}`;
  return made(open + line(nesting + 1) + parts.join(style.betweenItems + line(nesting + 1)) + line(nesting) + close);
}

function sorted(entries: [Value, Value][], { sortKeys }: Style): [Value, Value][] {
  if (!sortKeys) return entries;
  if (!entries.every(([key]) => typeof key === 'string' && !/[\ud800-\udfff]/.test(key)))
    throw new NotSupported('"tojson" that sorts such keys');
  return entries.sort(([a], [b]) => ((a as string) < (b as string) ? -1 : 1));
}

function keyOf(key: Value): string {
  if (typeof key === 'string') return key;
  if (key === null) return 'null';
  if (typeof key === 'boolean') return String(key);
  if (typeof key === 'bigint') return intText(key);
  if (typeof key === 'number') return jsonFloat(key);
  throw new TemplateError(`a key of type ${typeName(key)} cannot be written as JSON`);
}

function jsonFloat(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value > 0 ? 'Infinity' : '-Infinity';
  return floatText(value);
}

function jsonText(text: string, ascii: boolean): string {
  const pattern = ascii ? /["\\]|[^ -~]/g : /["\\]|[^ -\uffff]/g;
  const unit = (character: string) => SHORT[character] ?? `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
  return made(`"${text.replace(pattern, unit)}"`);
}
