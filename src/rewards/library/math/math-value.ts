import { type MathJsonExpression as Json, parse } from '@cortex-js/compute-engine/latex-syntax';
import { conditionIn, endsOfBars } from './conditions.ts';
import { callOf, evaluate, hasValue } from './evaluate.ts';
import { latexText } from './latex-text.ts';
import { numberInWords } from './number-words.ts';

/** `\cancel{42}`, `42?`, `42...` */
const UNSURE = /\\(?:[bx]?cancel|phantom|hspace|sout)(?![a-zA-Z])|\?|\d\s*\.\./;

export type Relation = '=' | '≠' | '<' | '≤' | '>' | '≥';

/** What an answer is, as far as it decides what equals it. */
export type MathValue =
  | { kind: 'expression'; json: Json; percent: boolean; unit: string | undefined }
  /** `ordered`: `(1, 2)`; the members of a set, and of `1, 2`, are in any order. `mark`: of `(1, 2)`, `[1, 2]`, `1:2`. */
  | { kind: 'members'; ordered: boolean; bare: boolean; mark: '(' | '[' | ':'; members: MathValue[] }
  | { kind: 'interval'; low: MathValue; high: MathValue; lowOpen: boolean; highOpen: boolean }
  | { kind: 'union'; members: MathValue[] }
  | { kind: 'relation'; relation: Relation; left: Json; right: Json }
  /** `1 < x ≤ 4`. */
  | { kind: 'chain'; relations: Relation[]; parts: Json[] }
  | { kind: 'matrix'; rows: MathValue[][] }
  | { kind: 'text'; text: string };

const RELATIONS: Record<string, Relation> = {
  ...{ Equal: '=', NotEqual: '≠', Less: '<', LessEqual: '≤', Greater: '>', GreaterEqual: '≥' },
};

/** The relation as it is read from right to left. */
export const FLIPPED: Record<Relation, Relation> = { '=': '=', '≠': '≠', '<': '>', '≤': '≥', '>': '<', '≥': '≤' };

const infinite = (json: Json): MathValue => ({ kind: 'expression', json, percent: false, unit: undefined });
export const INFINITY = infinite('PositiveInfinity');
export const MINUS_INFINITY = infinite('NegativeInfinity');
export const REAL_LINE: MathValue = {
  kind: 'interval',
  low: MINUS_INFINITY,
  high: INFINITY,
  lowOpen: true,
  highOpen: true,
};

/** An answer in LaTeX or plain text; undefined for what is empty or much too long. What cannot be read as mathematics is a text. */
export function mathValue(text: string): MathValue | undefined {
  const read = latexText(numberInWords(text.replace(/^\\text\s*\{([^{}]*)\}$/, '$1')) ?? text);
  if (!read) return undefined;
  const condition = conditionIn(read.latex);
  if (condition !== undefined) return mathValue(condition);
  const words = wordsOf(read.latex);
  if (words !== undefined) return { kind: 'text', text: words };
  // Two numbers side by side are not one, and what is struck out, hidden or doubted is no answer.
  if (UNSURE.test(read.latex) || /\d\s+\d/.test(read.latex.replaceAll(/(?:[_^]|\\[dt]?frac)\s*\d/g, '')))
    return { kind: 'text', text: read.latex };
  let json: Json;
  try {
    json = parse(read.latex) as Json;
  } catch {
    return { kind: 'text', text: read.latex };
  }
  if (json === null || hasError(json)) return { kind: 'text', text: read.latex };
  const value = objectOf(json);
  return value.kind === 'expression' ? { ...value, percent: read.percent, unit: read.unit } : value;
}

/** `\text{Evelyn}`, `(B)`, `east`: an answer in words. Single letters are symbols. */
function wordsOf(latex: string): string | undefined {
  const plain = latex.replaceAll(/\\text\s*\{([^{}]*)\}/g, '$1').trim();
  const isMarked = /^\\text\s*\{[^{}]*\}$/.test(latex);
  const isWords = /^\(?[\p{L}][\p{L}'’.-]*(?:[\s,]+[\p{L}\d][\p{L}\d'’.-]*)*\)?$/u.test(plain);
  return (isMarked && !/^-?\d/.test(plain)) ||
    (isWords && (/\p{L}{3}|\p{L}{2}\s|\s\p{L}{2}/u.test(plain) || /^\(\p{L}+\)$/u.test(plain)))
    ? plain
    : undefined;
}

function hasError(json: Json): boolean {
  const call = callOf(json);
  return call !== undefined && (call.head === 'Error' || call.args.some(hasError));
}

/** The mathematical object that a parsed answer is. */
export function objectOf(json: Json): MathValue {
  const call = callOf(json);
  if (!call)
    return typeof json === 'string' && json.startsWith("'")
      ? { kind: 'text', text: json.slice(1, -1) }
      : json === 'EmptySet'
        ? { kind: 'members', ordered: false, bare: false, mark: '(', members: [] }
        : json === 'RealNumbers'
          ? REAL_LINE
          : { kind: 'expression', json, percent: false, unit: undefined };
  const { head, args } = call;
  const members = (ordered: boolean, bare: boolean, items = args): MathValue => ({
    ...{ kind: 'members', ordered, bare, mark: head === 'List' ? '[' : head === 'Colon' ? ':' : '(' },
    members: items.map(objectOf).flatMap((each) => alternativesOf(each)),
  });
  switch (head) {
    case 'Delimiter': {
      const inner = callOf(args[0]!);
      if (inner?.head !== 'Sequence') return objectOf(args[0]!);
      const bare = /^'?[,;]/.test(stringOf(args[1]));
      return members(!bare, bare, inner.args);
    }
    case 'Set':
      return members(false, false);
    case 'Or':
    case 'And':
      return members(false, true);
    case 'List':
    case 'AngleBracket':
    case 'Colon':
      return members(true, false);
    case 'Interval': {
      const ends = args.map((each) => ({
        open: callOf(each)?.head === 'Open',
        end: callOf(each)?.head === 'Open' ? callOf(each)!.args[0]! : each,
      }));
      const [low, high] = ends;
      return {
        kind: 'interval',
        low: objectOf(low!.end),
        high: objectOf(high!.end),
        lowOpen: low!.open,
        highOpen: high!.open,
      };
    }
    case 'Union':
      return { kind: 'union', members: args.map(objectOf) };
    case 'Element':
      return objectOf(args[1]!);
    case 'Matrix': {
      const rows = callOf(args[0]!)?.args ?? [];
      return { kind: 'matrix', rows: rows.map((row) => (callOf(row)?.args ?? [row]).map(objectOf)) };
    }
    default:
      if (RELATIONS[head]) return relationOf(head, args);
      if (hasTwoSigns(json)) return members(false, true, [withSign(json, true), withSign(json, false)]);
      return { kind: 'expression', json, percent: false, unit: undefined };
  }
}

/** `x = ±2` is `x = 2` or `x = -2`. */
function alternativesOf(value: MathValue): MathValue[] {
  return value.kind === 'members' && value.bare ? value.members : [value];
}

const hasTwoSigns = (json: Json): boolean => /"(?:Measurement|MinusPlus)"/.test(JSON.stringify(json));

/** `\frac{1 \pm \sqrt{5}}{2}` with the upper signs, or with the lower ones. */
function withSign(json: Json, upper: boolean): Json {
  const call = callOf(json);
  if (!call) return json;
  const args = call.args.map((each) => withSign(each, upper));
  const sign = (plus: boolean) => (plus ? 'Add' : 'Subtract');
  const head = call.head === 'Measurement' ? sign(upper) : call.head === 'MinusPlus' ? sign(!upper) : call.head;
  return [head, ...args] as unknown as Json;
}

/** `1 = 2`, `x = 1 = 2`; `x = 1/3 = 0.33` is rounded. */
function contradicts(sides: Json[]): boolean {
  const all = sides.flatMap((side) => (callOf(side)?.head === 'Equal' ? callOf(side)!.args : [side]));
  const values = all.map((side) => evaluate(side, () => Number.NaN)).filter(hasValue);
  const allowed = JSON.stringify(all).includes('.') ? 0.02 : 1e-9;
  return values.some((value) => value.sub(values[0]!).abs() > allowed * values[0]!.abs() + 1e-9);
}

function relationOf(head: string, args: Json[]): MathValue {
  const relation = RELATIONS[head]!;
  const first = callOf(args[0]!);
  const nested = first && RELATIONS[first.head];
  if (nested) {
    const parts = [...first.args, ...args.slice(1)];
    return { kind: 'chain', relations: [...Array<Relation>(first.args.length - 1).fill(nested), relation], parts };
  }
  const [left, ...rest] = args;
  const right = rest.at(-1)!;
  if (relation === '=') {
    if (contradicts(args)) return { kind: 'text', text: '' };
    if (hasTwoSigns(right)) return objectOf(right);
    return { kind: 'relation', relation, left: left!, right };
  }
  if (rest.length > 1) return { kind: 'chain', relations: Array<Relation>(rest.length).fill(relation), parts: args };
  return (
    withoutBars(relation, left!, right) ??
    withoutBars(FLIPPED[relation], right, left!) ?? { kind: 'relation', relation, left: left!, right }
  );
}

/** `|x| < 3` as `-3 < x < 3`, and `|x - 1| > 2` as `x < -1` or `x > 3`. */
function withoutBars(relation: Relation, left: Json, right: Json): MathValue | undefined {
  const ends = relation === '≠' ? undefined : endsOfBars(left, right);
  if (!ends) return undefined;
  const { symbol, low, high } = ends;
  if (relation === '<' || relation === '≤')
    return { kind: 'chain', relations: [relation, relation], parts: [low, symbol, high] };
  const members: MathValue[] = [
    { kind: 'relation', relation: FLIPPED[relation], left: symbol, right: low },
    { kind: 'relation', relation, left: symbol, right: high },
  ];
  return { kind: 'members', ordered: false, bare: true, mark: '(', members };
}

const stringOf = (json: Json | undefined): string =>
  typeof json === 'string' ? json : typeof json === 'object' && json !== null && 'str' in json ? json.str : '';
