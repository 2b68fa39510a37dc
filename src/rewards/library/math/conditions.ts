import type { MathJsonExpression as Json } from '@cortex-js/compute-engine/latex-syntax';
import { callOf, evaluate } from './evaluate.ts';

/** `\{x \mid x < 3\}` and `{x ∈ ℝ : x < 3}`: the condition. Of whole numbers, it is another set. */
const BUILDER =
  /^\\?\{\s*([a-zA-Z])\s*(?:\\in\s*\\(?:mathbb|mathbf)\s*(?:\{R\}|R)\s*)?(?:\\mid(?![a-z])|\\vert(?![a-z])|\\colon(?![a-z])|[|:])(.+?)\\?\}$/s;

export function conditionIn(latex: string): string | undefined {
  const [, symbol, condition] = BUILDER.exec(latex) ?? [];
  return symbol !== undefined && condition!.includes(symbol) ? condition!.trim() : undefined;
}

/** Where `|x - 1|` reaches a number, such as 2: at -1 and 3. Undefined for what is no such absolute value. */
export function endsOfBars(bars: Json, reached: Json): { symbol: string; low: number; high: number } | undefined {
  const call = callOf(bars);
  const inside = call?.head === 'Abs' ? call.args[0]! : undefined;
  const symbol = inside === undefined ? undefined : onlySymbol(inside);
  if (inside === undefined || symbol === undefined) return undefined;
  const at = (x: number): number => {
    const { re, im } = evaluate(inside, () => x);
    return im === 0 ? re : Number.NaN;
  };
  const bound = evaluate(reached, () => Number.NaN);
  const [start, slope] = [at(0), at(1) - at(0)];
  const isLinear = Math.abs(at(2) - at(1) - slope) < 1e-9 && Math.abs(slope) > 1e-9 && Number.isFinite(start);
  if (!isLinear || bound.im !== 0 || !(bound.re > 0)) return undefined;
  const [low, high] = [(-bound.re - start) / slope, (bound.re - start) / slope].sort((a, b) => a - b).map(rounded);
  return { symbol, low: low!, high: high! };
}

/** The symbol of an expression that has just one. */
function onlySymbol(json: Json): string | undefined {
  const symbols = new Set<string>();
  const collect = (each: Json): void => {
    if (typeof each === 'string') symbols.add(each);
    else for (const argument of callOf(each)?.args ?? []) collect(argument);
  };
  collect(json);
  return symbols.size === 1 ? [...symbols][0] : undefined;
}

/** A whole number that was computed is one. */
const rounded = (value: number): number => (Math.abs(value - Math.round(value)) < 1e-9 ? Math.round(value) : value);
