import { made, spend } from './budget.ts';
import { NotSupported, TemplateError } from './errors.ts';
import { floatText, intText } from './numbers.ts';
import { Dict, DictView, Lazy, Markup, Opaque, Range, Tuple, typeName, Undefined, type Value } from './values.ts';

const NOT_PRINTABLE = /[\p{C}\p{Z}]/u;
const NAMED: Record<string, string> = { '\n': '\\n', '\r': '\\r', '\t': '\\t', '\\': '\\\\' };
const MAX_NESTING = 200;

/** Of the template that is being rendered: one at a time is. */
let printsUndefined = true;

export function undefinedIsPrinted(isPrinted: boolean): void {
  printsUndefined = isPrinted;
}

/** Python's `str(value)`, which is how a value is printed. */
export function str(value: Value): string {
  if (typeof value === 'string') return value;
  if (value instanceof Undefined) return printsUndefined || value.isPrinted ? '' : value.fail();
  if (value instanceof Markup) return value.text;
  return repr(value);
}

/** Python's `repr(value)`, which is how values in a list or dict are printed. */
export function repr(value: Value, nesting = 0): string {
  spend(1);
  if (nesting > MAX_NESTING) throw new TemplateError('a value is nested too deeply to be printed');
  const each = (items: Value[]) => items.map((item) => repr(item, nesting + 1)).join(', ');
  if (value === null) return 'None';
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  if (typeof value === 'bigint') return intText(value);
  if (typeof value === 'number') return floatText(value);
  if (typeof value === 'string') return made(quote(value));
  if (Array.isArray(value)) return made(`[${each(value)}]`);
  if (value instanceof Tuple)
    return made(value.items.length === 1 ? `(${each(value.items)},)` : `(${each(value.items)})`);
  if (value instanceof Dict) {
    const pairs = [...value.entries()].map(([key, item]) => `${repr(key, nesting + 1)}: ${repr(item, nesting + 1)}`);
    return made(`{${pairs.join(', ')}}`);
  }
  if (value instanceof DictView) return made(`dict_${value.kind}([${each(value.list())}])`);
  if (value instanceof Range) {
    const step = value.step === 1n ? '' : `, ${value.step}`;
    return `range(${value.start}, ${value.stop}${step})`;
  }
  if (value instanceof Undefined) return 'Undefined';
  const printed = value instanceof Opaque ? value.print() : undefined;
  if (printed !== undefined) return made(printed);
  const what =
    value instanceof Lazy ? 'what a filter or generator gives (use "|list")' : `a value of type ${typeName(value)}`;
  throw new NotSupported(`printing ${what}`);
}

/** A text in quotes, as Python writes it. */
export function quote(text: string): string {
  const mark = text.includes("'") && !text.includes('"') ? '"' : "'";
  let quoted = mark;
  for (const character of text) {
    if (NAMED[character] !== undefined) quoted += NAMED[character];
    else if (character === mark) quoted += `\\${mark}`;
    else if (character === ' ' || !NOT_PRINTABLE.test(character)) quoted += character;
    else quoted += escaped(character.codePointAt(0)!);
  }
  return quoted + mark;
}

function escaped(code: number): string {
  if (code <= 0xff) return `\\x${code.toString(16).padStart(2, '0')}`;
  if (code <= 0xffff) return `\\u${code.toString(16).padStart(4, '0')}`;
  return `\\U${code.toString(16).padStart(8, '0')}`;
}
