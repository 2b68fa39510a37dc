import { bind, toIndex, toText, wrongType } from './arguments.ts';
import { made, spend, spendText } from './budget.ts';
import { NotSupported, TemplateError } from './errors.ts';
import { toList } from './iteration.ts';
import { capitalize, englishOnly, isCased, lower, titleWords, upper } from './letters.ts';
import { lengthOf, pointIndex, sliceText, split, splitLines, strip } from './text.ts';
import { type Args, Tuple, type Value } from './values.ts';

type Method = (text: string, args: Args) => Value;

/** The methods of `str` that are supported. */
export const STRING_METHODS: Record<string, Method> = {
  strip: stripMethod('strip', 'both'),
  lstrip: stripMethod('lstrip', 'start'),
  rstrip: stripMethod('rstrip', 'end'),
  split: splitMethod('split', false),
  rsplit: splitMethod('rsplit', true),
  splitlines: (text, args) => {
    const [keepEnds] = bind('splitlines', args, 'keepends?');
    return splitLines(text, keepEnds === true);
  },
  partition: partitionMethod('partition', (text, separator) => text.indexOf(separator)),
  rpartition: partitionMethod('rpartition', (text, separator) => text.lastIndexOf(separator)),
  replace: (text, args) => {
    const [old, by, count] = bind('replace', args, '/old', '/new', '/count?');
    return replaceText(text, toText('replace', old), toText('replace', by), toIndex('replace', count, -1));
  },
  startswith: affixMethod('startswith', (text, affix) => text.startsWith(affix)),
  endswith: affixMethod('endswith', (text, affix) => text.endsWith(affix)),
  removeprefix: (text, args) => {
    const prefix = toText('removeprefix', bind('removeprefix', args, '/prefix')[0]);
    return text.startsWith(prefix) ? text.slice(prefix.length) : text;
  },
  removesuffix: (text, args) => {
    const suffix = toText('removesuffix', bind('removesuffix', args, '/suffix')[0]);
    return suffix !== '' && text.endsWith(suffix) ? text.slice(0, -suffix.length) : text;
  },
  find: searchMethod('find', false),
  rfind: searchMethod('rfind', true),
  index: (text, args) => found('index', searchMethod('index', false)(text, args)),
  rindex: (text, args) => found('rindex', searchMethod('rindex', true)(text, args)),
  count: (text, args) => {
    const [part, ...bounds] = bind('count', args, '/sub', '/start?', '/end?');
    const { inside, valid } = between('count', text, bounds);
    const sought = toText('count', part);
    if (sought === '') return valid ? BigInt(lengthOf(inside) + 1) : 0n;
    return BigInt(inside.split(sought).length - 1);
  },
  join: (text, args) => {
    const parts = toList(bind('join', args, '/iterable')[0]!).map((part) => toText('join', part));
    return made(parts.join(text));
  },
  upper: withoutArguments('upper', upper),
  lower: withoutArguments('lower', lower),
  capitalize: withoutArguments('capitalize', capitalize),
  title: withoutArguments('title', titleWords),
  casefold: withoutArguments('casefold', (text) => englishOnly('casefold', text).toLowerCase()),
  swapcase: withoutArguments('swapcase', (text) =>
    englishOnly('swapcase', text).replace(/[a-z]|[A-Z]/g, (letter) =>
      letter < 'a' ? letter.toLowerCase() : letter.toUpperCase(),
    ),
  ),
  isspace: withoutArguments('isspace', (text) => text !== '' && strip(text, undefined, 'both') === ''),
  isupper: withoutArguments('isupper', (text) => isCased(text, 'upper')),
  islower: withoutArguments('islower', (text) => isCased(text, 'lower')),
  isalpha: withoutArguments('isalpha', (text) => /^\p{L}+$/u.test(text)),
  isascii: withoutArguments('isascii', (text) => /^[\0-\x7f]*$/.test(text)),
  isdecimal: withoutArguments('isdecimal', (text) => /^\p{Nd}+$/u.test(text)),
  isdigit: withoutArguments('isdigit', (text) => /^\p{Nd}+$/u.test(plainDigits('isdigit', text))),
  isnumeric: withoutArguments('isnumeric', (text) => /^\p{Nd}+$/u.test(plainDigits('isnumeric', text))),
  isalnum: withoutArguments('isalnum', (text) => /^[\p{L}\p{Nd}]+$/u.test(plainDigits('isalnum', text))),
  isidentifier: withoutArguments('isidentifier', (text) => /^[A-Za-z_]\w*$/.test(englishOnly('isidentifier', text))),
  ljust: padMethod('ljust', (missing) => [0, missing]),
  rjust: padMethod('rjust', (missing) => [missing, 0]),
  center: padMethod('center', (missing, width) => {
    // Python puts the odd one to the left where the width is odd.
    const left = Math.floor(missing / 2) + (missing & width & 1);
    return [left, missing - left];
  }),
  zfill: (text, args) => {
    const width = toIndex('zfill', bind('zfill', args, '/width')[0], 0);
    spendText(width);
    const missing = Math.max(0, width - lengthOf(text));
    const sign = missing > 0 && /^[-+]/.test(text) ? text[0]! : '';
    return sign + '0'.repeat(missing) + text.slice(sign.length);
  },
};

/** Methods of `str` that Python has and we do not; `format` needs the template's own look-ups. */
export const OTHER_STRING_METHODS = new Set(
  'encode expandtabs format_map isprintable istitle maketrans translate'.split(' '),
);

export function replaceText(text: string, old: string, by: string, count: number): string {
  if (count === 0) return text;
  if (old === '') {
    const gaps = [...text];
    const limit = count < 0 ? gaps.length + 1 : Math.min(count, gaps.length + 1);
    spendText(text.length + limit * by.length);
    return (
      gaps.map((character, index) => (index < limit ? by + character : character)).join('') +
      (limit > gaps.length ? by : '')
    );
  }
  let found = 0;
  for (let at = text.indexOf(old); at >= 0 && found !== count; at = text.indexOf(old, at + old.length)) found++;
  spend(found / 8);
  spendText(text.length + found * Math.max(0, by.length - old.length));
  if (count < 0) return text.replaceAll(old, by.replaceAll('$', '$$$$'));
  return split(text, old, count, false).join(by);
}

function withoutArguments(name: string, run: (text: string) => Value): Method {
  return (text, args) => {
    bind(name, args);
    const result = run(text);
    return typeof result === 'string' ? made(result) : result;
  };
}

function stripMethod(name: string, sides: 'both' | 'start' | 'end'): Method {
  return (text, args) => {
    const [characters] = bind(name, args, '/chars?');
    const set = characters === undefined || characters === null ? undefined : toText(name, characters);
    return made(strip(text, set, sides));
  };
}

function splitMethod(name: string, fromEnd: boolean): Method {
  return (text, args) => {
    const [separator, limit] = bind(name, args, 'sep?', 'maxsplit?');
    const by = separator === undefined || separator === null ? undefined : toText(name, separator);
    if (by === '') throw new TemplateError(`"${name}" cannot split at an empty text`);
    spendText(text.length);
    return split(text, by, toIndex(name, limit, -1), fromEnd);
  };
}

function partitionMethod(name: string, find: (text: string, separator: string) => number): Method {
  return (text, args) => {
    const separator = toText(name, bind(name, args, '/sep')[0]);
    if (separator === '') throw new TemplateError(`"${name}" cannot split at an empty text`);
    const at = find(text, separator);
    if (at < 0) return new Tuple(name === 'partition' ? [text, '', ''] : ['', '', text]);
    return new Tuple([text.slice(0, at), separator, text.slice(at + separator.length)]);
  };
}

function affixMethod(name: string, matches: (text: string, affix: string) => boolean): Method {
  return (text, args) => {
    const [affix, ...bounds] = bind(name, args, '/prefix', '/start?', '/end?');
    const { inside, valid } = between(name, text, bounds);
    const choices = affix instanceof Tuple ? affix.items : [affix!];
    return choices.some((choice) => {
      if (typeof choice !== 'string') throw wrongType(name, 'a text or a tuple of texts', choice);
      return valid && matches(inside, choice);
    });
  };
}

function searchMethod(name: string, fromEnd: boolean): Method {
  return (text, args) => {
    const [part, ...bounds] = bind(name, args, '/sub', '/start?', '/end?');
    const { inside, start, valid } = between(name, text, bounds);
    const sought = toText(name, part);
    const at = !valid ? -1 : fromEnd ? inside.lastIndexOf(sought) : inside.indexOf(sought);
    return BigInt(at < 0 ? -1 : start + pointIndex(inside, at));
  };
}

function found(name: string, index: Value): Value {
  if (index === -1n) throw new TemplateError(`"${name}" does not find the text`);
  return index;
}

/** The part of a text that `start` and `end` leave, which are as in a slice. */
function between(name: string, text: string, [startValue, endValue]: (Value | undefined)[]) {
  if (startValue === undefined && endValue === undefined) return { inside: text, start: 0, valid: true };
  const length = lengthOf(text);
  const place = (value: Value | undefined, otherwise: number) => {
    const index = toIndex(name, value === null ? undefined : value, otherwise);
    return index < 0 ? Math.max(0, index + length) : index;
  };
  const start = place(startValue, 0);
  const end = Math.min(length, place(endValue, length));
  return { inside: sliceText(text, Math.min(start, length), Math.max(start, end)), start, valid: start <= end };
}

function padMethod(name: string, sides: (missing: number, width: number) => [number, number]): Method {
  return (text, args) => {
    const [widthValue, fillValue] = bind(name, args, '/width', '/fillchar?');
    const width = toIndex(name, widthValue, 0);
    const fill = toText(name, fillValue, ' ');
    if (lengthOf(fill) !== 1) throw new TemplateError(`"${name}" needs one character to fill up with`);
    spendText(width);
    const missing = width - lengthOf(text);
    if (missing <= 0) return text;
    const [left, right] = sides(missing, width);
    return fill.repeat(left) + text + fill.repeat(right);
  };
}

/** Superscripts and numerals of other scripts are digits or numbers in ways that JavaScript does not know. */
function plainDigits(name: string, text: string): string {
  if (
    /[\p{No}\p{Nl}]/u.test(text) ||
    (name !== 'isdigit' && /\p{Unified_Ideograph}/u.test(text) && name === 'isnumeric')
  )
    throw new NotSupported(`"${name}" of a text with such numerals`);
  return text;
}

export function unknownMethod(name: string): TemplateError {
  return new NotSupported(`the method "${name}" of a text`);
}
