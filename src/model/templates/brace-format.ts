import { made, spendText } from './budget.ts';
import { NotSupported, TemplateError } from './errors.ts';
import { fixedText, floatText, intText } from './numbers.ts';
import { repr, str } from './printing.ts';
import { lengthOf, sliceText } from './text.ts';
import { type Args, Markup, typeName, Undefined, type Value } from './values.ts';

/** How a field's attributes and keys are looked up. */
export interface Lookup {
  attribute(object: Value, name: string): Value;
  item(object: Value, key: Value): Value;
}

/** Python's `text.format(...)`. */
export function braceFormat(text: string, args: Args, lookup: Lookup): string {
  const numbering: Numbering = { next: 0, kind: undefined };
  let result = '';
  let position = 0;
  while (position < text.length) {
    const character = text[position]!;
    if ((character === '{' || character === '}') && text[position + 1] === character) {
      result += character;
      position += 2;
    } else if (character === '{') {
      const end = text.indexOf('}', position);
      if (end < 0) throw new TemplateError('a "{" in a format has no end');
      const inside = text.slice(position + 1, end);
      if (inside.includes('{')) throw new NotSupported('a field in a field of a format');
      result += field(inside, args, lookup, numbering);
      position = end + 1;
    } else if (character === '}') throw new TemplateError('a "}" in a format has no beginning');
    else {
      result += character;
      position++;
    }
  }
  return made(result);
}

/** The fields of a format are either numbered automatically, or all have numbers or names. */
interface Numbering {
  next: number;
  kind: 'automatic' | 'manual' | undefined;
}

function field(inside: string, args: Args, lookup: Lookup, numbering: Numbering): string {
  const match = /^([^!:.[\]]*)((?:\.[^!:.[\]]+|\[[^\]]+\])*)(?:!([sra]))?(?::([\s\S]*))?$/.exec(inside);
  if (!match) throw new NotSupported(`the field "{${inside}}" of a format`);
  const [, first, rest, conversion, spec] = match as unknown as [
    string,
    string,
    string,
    string | undefined,
    string | undefined,
  ];
  if (first === '' && rest !== '')
    throw new TemplateError(`the field "{${inside}}" of a format needs a number or a name`);
  let value = argument(first, args, numbering);
  for (const [, attribute, key] of rest.matchAll(/\.([^.[]+)|\[([^\]]+)\]/g)) {
    if (attribute !== undefined) value = lookup.attribute(value, attribute);
    else value = lookup.item(value, /^\d+$/.test(key!) ? BigInt(key!) : key!);
  }
  if (conversion === 'a') throw new NotSupported('"!a" in a format');
  if (conversion) value = conversion === 's' ? str(value) : repr(value);
  return formatValue(value, spec ?? '');
}

function argument(name: string, { positional, named }: Args, numbering: Numbering): Value {
  const isNumber = /^\d+$/.test(name);
  if (name === '' || isNumber) {
    const kind = name === '' ? 'automatic' : 'manual';
    if ((numbering.kind ?? kind) !== kind) throw new TemplateError('a format has fields with numbers and without');
    numbering.kind = kind;
  }
  const value = name === '' ? positional[numbering.next++] : isNumber ? positional[Number(name)] : named.get(name);
  if (value === undefined) throw new TemplateError(`a format finds no value for "{${name}}"`);
  return value;
}

const SPEC = /^(?:([\s\S])?([<>^=]))?([-+ ])?(0)?(\d+)?(,)?(?:\.(\d+))?([a-zA-Z%])?$/u;

/** Python's `format(value, spec)` for texts and numbers. */
function formatValue(value: Value, spec: string): string {
  if (value instanceof Markup) throw new NotSupported('formatting HTML text');
  if (spec === '') return str(value);
  const match = SPEC.exec(spec);
  if (!match) throw new NotSupported(`the format "${spec}"`);
  const [, fill, align, sign, zero, width, comma, precision, kind] = match as (string | undefined)[];
  const options = {
    sign,
    comma: comma !== undefined,
    precision: precision === undefined ? undefined : Number(precision),
    kind,
  };
  const isText = typeof value === 'string';
  const shown = isText ? formatText(value, options) : formatNumber(value, options);
  spendText(Number(width ?? 0));
  const missing = Math.max(0, Number(width ?? 0) - lengthOf(shown));
  const filler = (fill ?? (zero ? '0' : ' ')).repeat(missing);
  const side = align ?? (zero && !isText ? '=' : isText ? '<' : '>');
  if (isText && side === '=') throw new TemplateError('"=" in a format needs a number');
  if (side === '<') return shown + filler;
  if (side === '>') return filler + shown;
  if (side === '^') return pad(shown, fill ?? (zero ? '0' : ' '), missing);
  if (comma && missing > 0) throw new NotSupported('filling up a number with ","');
  const signs = /^[-+ ]/.exec(shown)?.[0] ?? '';
  return signs + filler + shown.slice(signs.length);
}

interface NumberFormat {
  sign: string | undefined;
  comma: boolean;
  precision: number | undefined;
  kind: string | undefined;
}

function pad(text: string, fill: string, missing: number): string {
  const left = Math.floor(missing / 2);
  return fill.repeat(left) + text + fill.repeat(missing - left);
}

function formatText(text: string, { sign, comma, precision, kind }: NumberFormat): string {
  if (sign || comma || (kind && kind !== 's')) throw new TemplateError('a format for numbers is given a text');
  return precision === undefined ? text : sliceText(text, 0, precision);
}

function formatNumber(value: Value, { sign, comma, precision, kind }: NumberFormat): string {
  if (typeof value === 'boolean') throw new NotSupported('formatting a truth value');
  if (value instanceof Undefined || (typeof value !== 'bigint' && typeof value !== 'number'))
    throw new TemplateError(`a value of type ${typeName(value)} takes no format`);
  const negative = value < 0 || Object.is(value, -0);
  const size = negative ? -value : value;
  const before = negative ? '-' : sign === '+' ? '+' : sign === ' ' ? ' ' : '';
  return before + separated(digitsOf(size, kind, precision), comma);
}

function digitsOf(size: bigint | number, kind: string | undefined, precision: number | undefined): string {
  if (typeof size === 'number' && !Number.isFinite(size))
    throw new NotSupported('formatting a number that is not finite');
  if ((precision ?? 0) > 300) throw new NotSupported('so many decimals');
  if (kind === 'f' || kind === 'F') return fixedText(Number(size), precision ?? 6);
  if (kind === '%') {
    const percent = Number(size) * 100;
    return `${fixedText(percent, precision ?? 6)}%`;
  }
  if (typeof size === 'number') {
    if (kind === undefined && precision === undefined) return floatText(size);
    throw new NotSupported(`the format "${kind ?? ''}" of a float`);
  }
  if (precision !== undefined) throw new TemplateError('an int takes no precision in a format');
  if (kind === undefined || kind === 'd') return intText(size);
  const base = { x: 16, X: 16, o: 8, b: 2 }[kind];
  if (!base) throw new NotSupported(`the format "${kind}" of an int`);
  const digits = size.toString(base);
  return kind === 'X' ? digits.toUpperCase() : digits;
}

function separated(digits: string, comma: boolean): string {
  if (!comma) return digits;
  const [whole, ...rest] = digits.split('.');
  return [whole!.replace(/\B(?=(?:\d{3})+$)/g, ','), ...rest].join('.');
}
