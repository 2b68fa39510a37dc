import type { MathJsonExpression as Json } from '@cortex-js/compute-engine/latex-syntax';
import type { Complex } from 'complex.js';
import { callOf, evaluate, hasValue, literalOf, type Point } from './evaluate.ts';
import { exactOf, type Fraction, fractionsNear } from './exact.ts';
import { FLIPPED, INFINITY, type MathValue, MINUS_INFINITY, objectOf, REAL_LINE, type Relation } from './math-value.ts';

/** Of what is equal but for rounding in float64. */
const ROUNDING = 1e-9;
/** What remains of numbers about 1 that cancel each other. */
const CANCELLED = 1e-13;
/** Points at which expressions with symbols are compared; some may have no value at one of them. */
const POINTS = 8;

/**
 * Whether an answer is the expected one: expressions have equal values at a number of points, sets the same members, relations the same solutions
 * as far as one is a multiple of the other. `tolerance` is absolute, and for numbers of which one is written as a decimal.
 */
export function mathEqual(expected: MathValue, answer: MathValue, tolerance: number): boolean {
  const same = (left: MathValue, right: MathValue): boolean => mathEqual(left, right, tolerance);
  // "x = 5" answers what is expected as 5, and 5 what is expected as "x = 5"; but "y = 5" does not answer "x = 5".
  const [given, found] = [expected, unwrapped(answer)];
  if (given.kind === 'relation' && answer.kind !== 'relation' && isName(given))
    return same(objectOf(given.right), answer);
  if (found !== answer && given.kind !== 'relation') return same(given, found);
  const [one, other] = [asSet(given, answer), asSet(answer, given)];

  if (one.kind === 'text' || other.kind === 'text') return textOf(one) !== '' && textOf(one) === textOf(other);
  switch (one.kind) {
    case 'expression':
      if (other.kind === 'members')
        return other.bare === false && other.members.length === 1 && same(one, other.members[0]!);
      return other.kind === 'expression' && sameExpression(one, other, tolerance);
    case 'members':
      if (other.kind === 'expression') return one.members.length === 1 && same(one.members[0]!, other);
      if (other.kind === 'interval') return same(one, pairOf(other)) && one.ordered;
      return other.kind === 'members' && sameMembers(one, other, same);
    case 'interval':
      if (other.kind === 'members') return other.ordered && same(pairOf(one), other);
      return (
        other.kind === 'interval' &&
        one.lowOpen === other.lowOpen &&
        one.highOpen === other.highOpen &&
        same(one.low, other.low) &&
        same(one.high, other.high)
      );
    case 'union':
      return (
        other.kind === 'union' &&
        matched(
          one.members.map((each) => asInterval(each)),
          other.members.map((each) => asInterval(each)),
          same,
        )
      );
    case 'matrix':
      return (
        other.kind === 'matrix' &&
        one.rows.length === other.rows.length &&
        one.rows.every((row, i) => sameInOrder(row, other.rows[i]!, same))
      );
    case 'relation':
      return other.kind === 'relation' && sameRelation(one, other, tolerance);
    case 'chain':
      return other.kind === 'chain' && sameChain(one, other, tolerance);
    default:
      return one satisfies never;
  }
}

type Same = (left: MathValue, right: MathValue) => boolean;
type Kind<Name extends MathValue['kind']> = Extract<MathValue, { kind: Name }>;

/** The right side of `x = 5` and `f(x) = 5`. */
const unwrapped = (value: MathValue): MathValue =>
  value.kind === 'relation' && value.relation === '=' ? objectOf(value.right) : value;

/** Something is given a name: the left side is a symbol, or a function of one. */
function isName({ relation, left }: Kind<'relation'>): boolean {
  if (relation !== '=') return false;
  if (typeof left === 'string') return true;
  const call = callOf(left);
  return (
    call !== undefined &&
    (call.args.length === 1 || call.head === 'InvisibleOperator') &&
    literalOf(call.args[0]!) === undefined
  );
}

function sameMembers(one: Kind<'members'>, other: Kind<'members'>, same: Same): boolean {
  // A pair is not a set; a bare list may be meant as either.
  if (one.ordered && other.ordered)
    // Of two, it may be an interval, open or closed, or a ratio.
    return (one.members.length !== 2 || one.mark === other.mark) && sameInOrder(one.members, other.members, same);
  if (one.ordered !== other.ordered && (one.ordered ? other.bare : one.bare))
    return sameInOrder(one.members, other.members, same) || (!one.ordered && matched(one.members, other.members, same));
  return one.ordered === other.ordered && matched(distinct(one, same), distinct(other, same), same);
}

/** A set has a member once. */
const distinct = ({ members, bare }: Kind<'members'>, same: Same): MathValue[] =>
  bare ? members : members.filter((member, i) => !members.slice(0, i).some((earlier) => same(earlier, member)));

const sameInOrder = (one: MathValue[], other: MathValue[], same: Same): boolean =>
  one.length === other.length && one.every((member, i) => same(member, other[i]!));

function matched(one: MathValue[], other: MathValue[], same: Same): boolean {
  if (one.length !== other.length) return false;
  const left = [...other];
  return one.every((member) => {
    const at = left.findIndex((each) => same(member, each));
    if (at >= 0) left.splice(at, 1);
    return at >= 0;
  });
}

const pairOf = ({ low, high, lowOpen, highOpen }: Kind<'interval'>): MathValue =>
  // (1, 2) may be read as both; [1, 2] too, but not as the same.
  lowOpen === highOpen
    ? { kind: 'members', ordered: true, bare: false, mark: lowOpen ? '(' : '[', members: [low, high] }
    : { kind: 'text', text: '' };

/** In a union, `(1, 2)` is an open interval, and `[1, 2]` a closed one. */
function asInterval(value: MathValue): MathValue {
  if (value.kind !== 'members' || !value.ordered || value.members.length !== 2) return value;
  return {
    kind: 'interval',
    low: value.members[0]!,
    high: value.members[1]!,
    lowOpen: value.mark === '(',
    highOpen: value.mark === '(',
  };
}

/** `x < 3` as an interval, where the other side is one. */
function asSet(value: MathValue, other: MathValue): MathValue {
  // "x < 3 or x > 5"
  if (other.kind === 'union' && value.kind === 'members' && value.bare)
    return { kind: 'union', members: value.members.map((each) => asSet(each, REAL_LINE)) };
  if (other.kind !== 'interval' && !(other.kind === 'members' && other.ordered)) return value;
  if (value.kind === 'relation' && typeof value.left === 'string' && value.relation !== '=' && value.relation !== '≠') {
    const bound = objectOf(value.right);
    const open = value.relation === '<' || value.relation === '>';
    return value.relation === '<' || value.relation === '≤'
      ? { kind: 'interval', low: MINUS_INFINITY, high: bound, lowOpen: true, highOpen: open }
      : { kind: 'interval', low: bound, high: INFINITY, lowOpen: open, highOpen: true };
  }
  if (value.kind === 'chain' && value.parts.length === 3 && typeof value.parts[1] === 'string') {
    const { relations, parts } = increasing(value);
    const [first, second] = relations;
    if ((first === '<' || first === '≤') && (second === '<' || second === '≤'))
      return {
        kind: 'interval',
        low: objectOf(parts[0]!),
        high: objectOf(parts[2]!),
        lowOpen: first === '<',
        highOpen: second === '<',
      };
  }
  return value;
}

function increasing({ relations, parts }: Kind<'chain'>): { relations: Relation[]; parts: Json[] } {
  return relations[0] === '>' || relations[0] === '≥'
    ? { relations: relations.map((each) => FLIPPED[each]).reverse(), parts: [...parts].reverse() }
    : { relations, parts };
}

function sameChain(one: Kind<'chain'>, other: Kind<'chain'>, tolerance: number): boolean {
  const [left, right] = [increasing(one), increasing(other)];
  return (
    left.relations.join() === right.relations.join() &&
    left.parts.length === right.parts.length &&
    left.parts.every((part, i) => mathEqual(objectOf(part), objectOf(right.parts[i]!), tolerance))
  );
}

/** Left side minus right side are multiples of each other: of an inequality, positive ones, or negative ones of the flipped one. */
function sameRelation(one: Kind<'relation'>, other: Kind<'relation'>, tolerance: number): boolean {
  if (isName(one) && isName(other) && one.left === other.left)
    return mathEqual(objectOf(one.right), objectOf(other.right), tolerance);
  const ratios = pointsOf([one.left, one.right, other.left, other.right]).map((at) => {
    const [left, right] = [one, other].map((each) => evaluate(each.left, at).sub(evaluate(each.right, at)));
    return right!.abs() < ROUNDING ? undefined : left!.div(right!);
  });
  const known = ratios.filter((ratio): ratio is Complex => ratio !== undefined && hasValue(ratio));
  const [first] = known;
  if (
    !first ||
    known.length < 3 ||
    !known.every((ratio) => near(ratio, first, ROUNDING)) ||
    Math.abs(first.im) > ROUNDING
  )
    return false;
  if (first.abs() < ROUNDING) return false;
  const symmetric = one.relation === '=' || one.relation === '≠';
  return one.relation === (symmetric || first.re > 0 ? other.relation : FLIPPED[other.relation]);
}

type Expression = Kind<'expression'>;

function sameExpression(one: Expression, other: Expression, tolerance: number): boolean {
  const [infinite, also] = [infinityOf(one.json), infinityOf(other.json)];
  if (infinite !== 0 || also !== 0) return infinite === also;
  if (one.unit && other.unit && one.unit !== other.unit) return false;
  const [first, second] = [baseOf(one.json), baseOf(other.json)];
  // Digits in a base are the same ones in the same base; without a base they are taken as they stand.
  if (first && second) return first.base === second.base && first.value === second.value;
  if (first || second) return digitsIn((first ?? second)!) === literalOf((first ? other : one).json);
  // Also what has no value here: 2^{20000}, n!.
  if (one.percent === other.percent && JSON.stringify(one.json) === JSON.stringify(other.json)) return true;
  const decimal = hasDecimal(one.json) || hasDecimal(other.json);
  const both = plainDecimal(one) && plainDecimal(other) && one.percent === other.percent;
  const allowed = decimal && !both ? tolerance : 0;
  // 10% is not 1000%.
  const scales = (percent: boolean) => (percent && one.percent !== other.percent ? [1, 100] : [1]);
  const points = pointsOf([one.json, other.json]);
  const [exact, alsoExact] = [exactOf(one.json), exactOf(other.json)];
  const rounding = points.length === 1 ? CANCELLED : ROUNDING;
  return scales(one.percent).some((left) =>
    scales(other.percent).some((right) => {
      if (exact && alsoExact) return fractionsNear(divided(exact, left), divided(alsoExact, right), allowed);
      let compared = 0;
      for (const at of points) {
        // 28% as 28, and as 0.28.
        const [value, found] = [evaluate(one.json, at).div(left), evaluate(other.json, at).div(right)];
        if (!hasValue(value) || !hasValue(found)) continue;
        if (!near(value, found, Math.max(rounding, allowed * Math.min(1, 1000 * value.abs())))) return false;
        compared++;
      }
      return compared >= Math.min(points.length, 2);
    }),
  );
}

const divided = ({ above, below }: Fraction, by: number): Fraction => ({ above, below: below * BigInt(by) });

const near = (one: Complex, other: Complex, tolerance: number): boolean =>
  one.sub(other).abs() <= Math.max(tolerance, ROUNDING * Math.min(one.abs(), other.abs()));

function infinityOf(json: Json): -1 | 0 | 1 {
  if (json === 'PositiveInfinity') return 1;
  if (json === 'NegativeInfinity') return -1;
  const call = callOf(json);
  return call?.head === 'Negate' && call.args[0] === 'PositiveInfinity' ? -1 : 0;
}

/** A number in a base, as it was parsed: `["BaseForm", 11, 2]` is 1011 in base 2. */
function baseOf(json: Json): { value: string; base: number } | undefined {
  const call = callOf(json);
  if (call?.head !== 'BaseForm') return undefined;
  return { value: literalOf(call.args[0]!) ?? '', base: Number(literalOf(call.args[1]!)) };
}

const digitsIn = ({ value, base }: { value: string; base: number }): string => Number(value).toString(base);

const hasDecimal = (json: Json): boolean =>
  /^-?\d*\.\d+$/.test(literalOf(json) ?? '') || (callOf(json)?.args.some(hasDecimal) ?? false);

function plainDecimal({ json }: Expression): boolean {
  const call = callOf(json);
  return /^-?\d*\.?\d+$/.test(literalOf(call?.head === 'Negate' ? call.args[0]! : json) ?? '');
}

/** Where to compare expressions with these symbols: once where there are none. */
function pointsOf(all: Json[]): Point[] {
  const symbols = new Set<string>();
  const collect = (json: Json): void => {
    if (typeof json === 'string') symbols.add(json);
    else for (const argument of callOf(json)?.args ?? []) collect(argument);
  };
  for (const json of all) collect(json);
  if (symbols.size === 0) return [() => Number.NaN];
  return Array.from({ length: POINTS }, (_, k) => (symbol: string) => valueAt(symbol, k));
}

/** The same for a symbol in both expressions, unlike for different ones; also negative. */
function valueAt(symbol: string, k: number): number {
  let hash = 2166136261 ^ k;
  for (const character of symbol) hash = Math.imul(hash ^ character.codePointAt(0)!, 16777619);
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
  hash = Math.imul(hash ^ (hash >>> 12), 0x297a2d39);
  const share = ((hash ^ (hash >>> 15)) >>> 0) / 2 ** 32;
  return k % 2 === 0 ? 0.3 + 2.4 * share : -0.3 - 2.4 * share;
}

/** Words without case, spaces, marks, and an article before them. */
function textOf(value: MathValue): string {
  const text = value.kind === 'text' ? value.text : value.kind === 'expression' ? lettersOf(value.json) : '';
  return text
    .toLowerCase()
    .replace(/^(?:the|an?)\s+/, '')
    .replaceAll(/\\text|[\s{}().,'’$\\-]/g, '');
}

/** `ABC`, which is parsed as a product of symbols. */
function lettersOf(json: Json): string {
  if (typeof json === 'string') return json;
  const call = callOf(json);
  return call?.head === 'InvisibleOperator' || call?.head === 'Delimiter' ? call.args.map(lettersOf).join('') : '';
}
