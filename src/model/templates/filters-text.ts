import { bind, toIndex, toText } from './arguments.ts';
import { made, spend, spendText } from './budget.ts';
import { numeric } from './compare.ts';
import { NotSupported, TemplateError } from './errors.ts';
import { truthy } from './iteration.ts';
import { toJson } from './json.ts';
import { capitalize, lower, upper } from './letters.ts';
import { divideHalfEven, floatText, parseFloatText, parseInteger, roundFloat, toFloat } from './numbers.ts';
import { binary } from './operators.ts';
import { percentFormat } from './percent-format.ts';
import { str } from './printing.ts';
import { replaceText, STRING_METHODS } from './string-methods.ts';
import { lengthOf, SPACE, sliceText, split, splitLines, strip } from './text.ts';
import { type Args, Dict, Markup, orElse, Tuple, typeName, Undefined, type Value } from './values.ts';

export type Filter = (value: Value, args: Args) => Value;

const HTML: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', "'": '&#39;', '"': '&#34;' };
const WORD_START = new RegExp(`((?:[-({[<]|${SPACE})+)`);

/** Filters on texts and numbers. */
export const TEXT_FILTERS: Record<string, Filter> = {
  capitalize: (value, args) => none('capitalize', args, () => made(capitalize(text(value)))),
  upper: (value, args) => none('upper', args, () => made(upper(text(value)))),
  lower: (value, args) => none('lower', args, () => made(lower(text(value)))),
  title: (value, args) =>
    none('title', args, () =>
      text(value)
        .split(WORD_START)
        .map((part) => {
          const [first = ''] = part;
          return upper(first) + lower(part.slice(first.length));
        })
        .join(''),
    ),
  trim: (value, args) => {
    const [characters] = bind('trim', args, 'chars?');
    return made(
      strip(
        text(value),
        characters === undefined || characters === null ? undefined : toText('trim', characters),
        'both',
      ),
    );
  },
  string: (value, args) => none('string', args, () => (value instanceof Markup ? value : made(str(value)))),
  replace: (value, args) => {
    const [old, by, count] = bind('replace', args, 'old', 'new', 'count?');
    return replaceText(text(value), text(old!), text(by!), toIndex('replace', count === null ? undefined : count, -1));
  },
  indent: (value, args) => {
    const [width, first, blank] = bind('indent', args, 'width?', 'first?', 'blank?');
    const by = typeof width === 'string' ? width : ' '.repeat(Math.max(0, toIndex('indent', width, 4)));
    return indent(toText('indent', plain(value)), by, truthy(first ?? false), truthy(blank ?? false));
  },
  center: (value, args) => {
    const [width] = bind('center', args, 'width?');
    return STRING_METHODS.center!(text(value), { positional: [orElse(width, 80n)], named: new Map() });
  },
  truncate,
  wordcount: (value, args) =>
    none('wordcount', args, () => {
      const words = text(value);
      spend(words.length / 8);
      return BigInt(words.match(/[\p{L}\p{N}_]+/gu)?.length ?? 0);
    }),
  format: (value, { positional, named }) => {
    if (positional.length > 0 && named.size > 0)
      throw new TemplateError('"format" takes values by position or by name, not both');
    if (named.size === 0) return percentFormat(text(value), new Tuple(positional));
    const dict = new Dict();
    for (const [name, item] of named) dict.set(name, item);
    return percentFormat(text(value), dict);
  },
  escape: (value, args) => none('escape', args, () => escapeHtml(value)),
  e: (value, args) => none('e', args, () => escapeHtml(value)),
  safe: (value, args) => none('safe', args, () => new Markup(str(value))),
  tojson: toJson,
  abs: (value, args) =>
    none('abs', args, () => {
      const number = numeric(plain(value));
      if (number === undefined) throw new TemplateError(`"abs" needs a number, not a value of type ${typeName(value)}`);
      return typeof number === 'number' ? Math.abs(number) : number < 0n ? -number : number;
    }),
  int: (value, args) => {
    const [otherwise, base] = bind('int', args, 'default?', 'base?');
    return orElse(toInt(plain(value), toIndex('int', base, 10)), orElse(otherwise, 0n));
  },
  float: (value, args) => {
    const [otherwise] = bind('float', args, 'default?');
    return orElse(asFloat(plain(value)), orElse(otherwise, 0));
  },
  round,
};

/** `str(value)`, which most of these filters work on. */
function text(value: Value): string {
  if (value instanceof Markup) throw new NotSupported('a filter on HTML text');
  return made(str(value));
}

/** Raises for what is undefined. */
function plain(value: Value): Value {
  if (value instanceof Undefined) value.fail();
  if (value instanceof Markup) throw new NotSupported('a filter on HTML text');
  return value;
}

function none(name: string, args: Args, run: () => Value): Value {
  bind(name, args);
  return run();
}

function escapeHtml(value: Value): Value {
  if (value instanceof Markup) return value;
  return new Markup(made(str(value).replace(/[&<>'"]/g, (character) => HTML[character]!)));
}

function indent(value: string, by: string, first: boolean, blank: boolean): string {
  const lines = splitLines(`${value}\n`);
  spendText(value.length + lines.length * by.length);
  const rest = lines.map((line, index) => (index === 0 || (!blank && line === '') ? line : by + line)).join('\n');
  return first ? by + rest : rest;
}

function truncate(value: Value, args: Args): Value {
  const [lengthValue, killWords, endValue, leewayValue] = bind(
    'truncate',
    args,
    'length?',
    'killwords?',
    'end?',
    'leeway?',
  );
  const whole = toText('truncate', plain(value));
  const length = toIndex('truncate', lengthValue, 255);
  const end = toText('truncate', endValue, '...');
  const leeway = toIndex('truncate', leewayValue === null ? undefined : leewayValue, 5);
  if (length < lengthOf(end) || leeway < 0) throw new TemplateError('"truncate" is given too small a length');
  if (lengthOf(whole) <= length + leeway) return whole;
  const cut = sliceText(whole, 0, length - lengthOf(end));
  return (truthy(killWords ?? false) ? cut : split(cut, ' ', 1, true)[0]!) + end;
}

/** Python's `int(value)`, of texts by way of a float too; undefined where the filter gives its default. */
function toInt(value: Value, base: number): bigint | undefined {
  if (typeof value === 'string') {
    asciiDigits('int', value);
    if (base !== 0 && (base < 2 || base > 36)) throw new NotSupported(`the base ${base}`);
    const whole = parseInteger(strip(value, undefined, 'both'), base);
    if (whole !== undefined) return whole;
    const float = asFloat(value);
    return float === undefined || !Number.isFinite(float) ? undefined : BigInt(Math.trunc(float));
  }
  const number = numeric(value);
  if (typeof number !== 'number') return number;
  if (Number.isNaN(number)) return undefined;
  if (!Number.isFinite(number)) throw new TemplateError('"int" is given an infinite number');
  return BigInt(Math.trunc(number));
}

function asFloat(value: Value): number | undefined {
  if (typeof value === 'string') {
    asciiDigits('float', value);
    return parseFloatText(strip(value, undefined, 'both'));
  }
  const number = numeric(value);
  return typeof number === 'bigint' ? toFloat(number) : number;
}

/** Python reads the digits of all scripts. */
function asciiDigits(name: string, value: string): void {
  if (/(?![0-9])\p{Nd}/u.test(value)) throw new NotSupported(`"${name}" of other digits than 0 to 9`);
}

function round(value: Value, args: Args): Value {
  const [precision, method] = bind('round', args, 'precision?', 'method?');
  const number = numeric(plain(value));
  const how = orElse(method, 'common');
  if (how !== 'common' && how !== 'ceil' && how !== 'floor')
    throw new TemplateError('"round" knows "common", "ceil" and "floor"');
  if (number === undefined) throw new TemplateError(`"round" needs a number, not a value of type ${typeName(value)}`);
  if (how === 'common') {
    const digits = toIndex('round', precision, 0);
    if (typeof number === 'number') {
      if (!Number.isFinite(number)) throw new NotSupported(`rounding ${floatText(number)}`);
      return roundFloat(number, digits);
    }
    if (digits >= 0) return number;
    const unit = 10n ** BigInt(Math.min(-digits, 5000));
    return divideHalfEven(number, unit) * unit;
  }
  const scale = binary('**', 10n, orElse(precision, 0n));
  const scaled = binary('*', number, scale);
  if (typeof scaled === 'bigint') return binary('/', scaled, scale);
  if (!Number.isFinite(scaled)) throw new TemplateError('"round" is given too large a number');
  return binary('/', BigInt(how === 'ceil' ? Math.ceil(scaled as number) : Math.floor(scaled as number)), scale);
}
