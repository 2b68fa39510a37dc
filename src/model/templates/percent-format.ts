import { made, spendText } from './budget.ts';
import { numeric } from './compare.ts';
import { NotSupported, TemplateError } from './errors.ts';
import { fixedText } from './numbers.ts';
import { repr, str } from './printing.ts';
import { lengthOf, sliceText } from './text.ts';
import { Dict, Tuple, typeName, Undefined, type Value } from './values.ts';

const CONVERSION = /%(?:\(([^()]*)\))?([-+ 0#]*)(\*|\d+)?(?:\.(\*|\d*))?[hlL]?([\s\S]?)/g;

/** Python's `text % values`. */
export function percentFormat(text: string, values: Value): string {
  const list = values instanceof Tuple ? values.items : [values];
  let used = 0;
  let usedDict = false;
  const next = () => {
    const value = list[used++];
    if (value === undefined) throw new TemplateError('"%" is given too few values for its text');
    return value;
  };
  const result = text.replace(CONVERSION, (_whole, key, flags: string, width, precision, kind: string) => {
    if (kind === '%' && key === undefined && flags === '' && width === undefined && precision === undefined) return '%';
    if (width === '*' || precision === '*') throw new NotSupported('"*" in a "%" format');
    if (kind === '') throw new TemplateError('a "%" format is cut short');
    if (key !== undefined) usedDict = true;
    const value = key === undefined ? next() : fromDict(values, key);
    const shown = convert(kind, value, flags, precision === undefined ? undefined : Number(precision || 0));
    return pad(shown, flags, Number(width ?? 0), /[sra]/.test(kind));
  });
  const takesRest = usedDict || values instanceof Dict || Array.isArray(values);
  if (used < list.length && !(takesRest && !(values instanceof Tuple)))
    throw new TemplateError('"%" is given more values than its text takes');
  return made(result);
}

function fromDict(values: Value, key: string): Value {
  if (!(values instanceof Dict)) throw new TemplateError('"%(name)s" needs a dict');
  const value = values.get(key);
  if (value === undefined) throw new TemplateError(`"%(${key})s" finds no such key`);
  return value;
}

function convert(kind: string, value: Value, flags: string, precision: number | undefined): string {
  switch (kind) {
    case 's':
    case 'r': {
      const text = kind === 's' ? str(value) : repr(value);
      return precision === undefined ? text : sliceText(text, 0, precision);
    }
    case 'd':
    case 'i':
    case 'u': {
      const number = whole(value);
      return signed(number < 0n, String(number < 0n ? -number : number).padStart(precision ?? 0, '0'), flags);
    }
    case 'f':
    case 'F': {
      const number = Number(numberOf(kind, value));
      if (!Number.isFinite(number)) throw new NotSupported('"%f" with a number that is not finite');
      const text = fixedText(Math.abs(number), limited(precision ?? 6));
      return signed(number < 0 || Object.is(number, -0), text, flags);
    }
    case 'x':
    case 'X':
    case 'o': {
      const number = numberOf(kind, value);
      if (typeof number !== 'bigint') throw new TemplateError(`"%${kind}" needs an int`);
      if (flags.includes('#')) throw new NotSupported('"#" in a "%" format');
      const digits = (number < 0n ? -number : number).toString(kind === 'o' ? 8 : 16).padStart(precision ?? 0, '0');
      return signed(number < 0n, kind === 'X' ? digits.toUpperCase() : digits, flags);
    }
    default:
      throw new NotSupported(`"%${kind}" in a format`);
  }
}

function limited(precision: number): number {
  if (precision > 300) throw new NotSupported('so many decimals');
  return precision;
}

/** Floats lose what is behind the point. */
function whole(value: Value): bigint {
  const number = numberOf('d', value);
  if (typeof number === 'bigint') return number;
  if (!Number.isFinite(number)) throw new TemplateError('"%d" needs a finite number');
  return BigInt(Math.trunc(number));
}

function numberOf(kind: string, value: Value): bigint | number {
  const number = numeric(value);
  if (number !== undefined) return number;
  if (value instanceof Undefined) value.fail();
  throw new TemplateError(`"%${kind}" needs a number, not a value of type ${typeName(value)}`);
}

function signed(negative: boolean, digits: string, flags: string): string {
  return `${negative ? '-' : flags.includes('+') ? '+' : flags.includes(' ') ? ' ' : ''}${digits}`;
}

function pad(text: string, flags: string, width: number, isText: boolean): string {
  spendText(width);
  const missing = width - lengthOf(text);
  if (missing <= 0) return text;
  if (flags.includes('-')) return text + ' '.repeat(missing);
  if (!flags.includes('0') || isText) return ' '.repeat(missing) + text;
  const sign = /^[-+ ]/.test(text) ? text[0]! : '';
  return sign + '0'.repeat(missing) + text.slice(sign.length);
}
