import {
  type Arithmetic,
  type Comparison,
  DEVIATION_EPSILON,
  type Outcome,
  resultOf,
} from '../../src/grpo/advantage-arithmetic.ts';
import { isZero } from '../../src/grpo/statistics.ts';
import { formatAdvantage } from '../format.ts';

/** An arithmetic in figures, and what these figures, as they are written, come to. */
interface Written {
  text: string;
  result: number;
}

/** Most significant digits of a figure. */
const MOST_DIGITS = 10;

export interface ShownAdvantage {
  arithmetic: Arithmetic;
  /** The functions' names. */
  functions: readonly string[];
  /** As the run recorded it. */
  recorded: number;
  /** Digits of an advantage after the point. */
  decimals: number;
}

/**
 * `(7 − 4.25) ÷ 3.15 = +0.87`: with just as many digits as it takes for the figures to come to the result that is shown. Where they do not
 * come to the recorded advantage, it says that.
 */
export function arithmeticText({ arithmetic, functions, recorded, decimals }: ShownAdvantage): string {
  const shown = formatAdvantage(resultOf(arithmetic), decimals);
  const kept = formatAdvantage(recorded, decimals);
  const text = `${figures(arithmetic, functions, shown, decimals)} = ${shown}`;
  return shown === kept ? text : `${text}, but the run recorded ${kept}: it had other rewards, weights or settings`;
}

function figures(arithmetic: Arithmetic, functions: readonly string[], shown: string, decimals: number): string {
  for (let digits = 3; ; digits++) {
    const { text, result } = write(arithmetic, functions, digits);
    if (digits === MOST_DIGITS || formatAdvantage(result, decimals) === shown) return text;
  }
}

function write(arithmetic: Arithmetic, functions: readonly string[], digits: number): Written {
  if (arithmetic.kind !== 'steps') return writeOutcome(arithmetic, functions, digits);
  const { outcome, parts } = arithmetic;
  const written = parts.map(({ function: index, weight, steps, sum, mean, deviation }): Written => {
    const [s, m, d, w] = [
      figure(sum, digits),
      figure(mean, digits),
      divisor(deviation, digits),
      figure(weight, digits),
    ];
    const times = w.result === 1 ? '' : `${w.text} × `;
    const text = `${functions[index]}: ${times}(${s.text} − ${steps} × ${m.text}) ÷ ${d.text}`;
    return { text, result: (w.result * (s.result - steps * m.result)) / d.result };
  });
  const whole = outcome.kind === 'nothing' ? [] : [writeOutcome(outcome, functions, digits)];
  return sumOf([...written, ...whole]);
}

function writeOutcome(outcome: Outcome, functions: readonly string[], digits: number): Written {
  switch (outcome.kind) {
    case 'nothing':
      return { text: outcome.why === 'alone' ? 'the only reward of its group' : 'no reward', result: 0 };
    case 'reward': {
      const { text, result } = figure(outcome.reward, digits);
      return { text: `the reward, ${text}`, result };
    }
    case 'compared':
      return compare(outcome.reward, digits);
    case 'normalized': {
      const parts = outcome.parts.map(({ function: index, weight, ...part }): Written => {
        const { text, result } = compare(part, digits);
        const w = figure(weight, digits);
        const times = w.result === 1 ? '' : `${w.text} × `;
        return {
          text: `${functions[index]}: ${times}${divides(part) ? text : `(${text})`}`,
          result: w.result * result,
        };
      });
      const sum = sumOf(parts);
      const compared = compare({ ...outcome.sum, value: sum.result }, digits);
      return { text: `${sum.text}; ${compared.text}`, result: compared.result };
    }
    default:
      return outcome satisfies never;
  }
}

function compare({ value, mean, deviation, over }: Comparison, digits: number): Written {
  const [v, m] = [figure(value, digits), figure(mean, digits)];
  const difference = v.result - m.result;
  if (!divides({ deviation })) return { text: `${v.text} − ${m.text}`, result: difference };
  const d = divisor(deviation!, digits);
  const whose = over === 'batch' ? ' (all of the step)' : '';
  return { text: `(${v.text} − ${m.text}) ÷ ${d.text}${whose}`, result: difference / d.result };
}

/** With the 0.0001 that is added to it where that can be seen. */
function divisor(deviation: number, digits: number): Written {
  const alone = figure(deviation, digits);
  const all = figure(deviation + DEVIATION_EPSILON, digits);
  if (alone.text === all.text) return alone;
  return { text: `(${alone.text} + ${DEVIATION_EPSILON})`, result: alone.result + DEVIATION_EPSILON };
}

function figure(value: number, digits: number): Written {
  const result = Number(value.toPrecision(digits));
  const text = String(Math.abs(result));
  return { text: result < 0 ? `(−${text})` : text, result };
}

/** A deviation of zero says that there is nothing to divide. */
const divides = ({ deviation }: Pick<Comparison, 'deviation'>): boolean => deviation !== null && !isZero(deviation);

const sumOf = (parts: readonly Written[]): Written => ({
  text: parts.map(({ text }) => text).join(' + '),
  result: parts.reduce((sum, { result }) => sum + result, 0),
});
