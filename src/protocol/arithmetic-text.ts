import {
  type Arithmetic,
  type Comparison,
  DEVIATION_EPSILON,
  type Outcome,
  resultOf,
} from '../grpo/advantage-arithmetic.ts';
import { isZero } from '../grpo/statistics.ts';
import { formatAdvantage } from '../text/numbers.ts';

/** An arithmetic in figures, and what these figures, as they are written, come to. */
interface Written {
  text: string;
  result: number;
}

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
  if (shown !== kept) return `${text}, but the run recorded ${kept}: it had other rewards, weights or settings`;
  return isAllEqual(arithmetic) ? `${text}: all rewards of the group are equal` : text;
}

const isAllEqual = (arithmetic: Arithmetic): boolean =>
  arithmetic.kind === 'compared' &&
  arithmetic.reward.over === 'group' &&
  arithmetic.reward.deviation !== null &&
  isZero(arithmetic.reward.deviation);

/** How figures are written: how many significant digits they have, and whether deviations have the 0.0001 that is added to them. */
interface Style {
  digits: number;
  epsilon: boolean;
}

/** From the simplest on. */
const STYLES: readonly Style[] = [
  ...[3, 4, 5].map((digits) => ({ digits, epsilon: false })),
  ...[3, 4, 5, 6, 8, 10].map((digits) => ({ digits, epsilon: true })),
];

function figures(arithmetic: Arithmetic, functions: readonly string[], shown: string, decimals: number): string {
  const written = STYLES.map((style) => () => write(arithmetic, functions, style));
  const fits = written.find((make) => formatAdvantage(make().result, decimals) === shown);
  return (fits ?? written.at(-1)!)().text;
}

function write(arithmetic: Arithmetic, functions: readonly string[], style: Style): Written {
  if (arithmetic.kind !== 'steps') return writeOutcome(arithmetic, functions, style);
  const { outcome, parts } = arithmetic;
  const written = parts.map(({ function: index, weight, steps, sum, mean, deviation }): Written => {
    const [s, m, d, w] = [figure(sum, style), figure(mean, style), divisor(deviation, style), figure(weight, style)];
    const times = w.result === 1 ? '' : `${w.text} × `;
    const text = `${functions[index]}: ${times}(${s.text} − ${steps} × ${m.text}) ÷ ${d.text}`;
    return { text, result: (w.result * (s.result - steps * m.result)) / d.result };
  });
  const whole = outcome.kind === 'nothing' ? [] : [writeOutcome(outcome, functions, style)];
  return sumOf([...written, ...whole]);
}

function writeOutcome(outcome: Outcome, functions: readonly string[], style: Style): Written {
  switch (outcome.kind) {
    case 'nothing':
      return { text: outcome.why === 'alone' ? 'the only reward of its group' : 'no reward', result: 0 };
    case 'reward': {
      const { text, result } = figure(outcome.reward, style);
      return { text: `the reward, ${text}`, result };
    }
    case 'compared':
      return compare(outcome.reward, style);
    case 'others': {
      const { text, result } = compare({ value: outcome.reward, mean: outcome.mean, ...UNDIVIDED }, style);
      return { text: `${text} (the mean of the others)`, result };
    }
    case 'history': {
      const { reward, mean, rows, history } = outcome;
      const [r, m, h, e] = [reward, mean, history.rows, history.mean].map((value) => figure(value, style));
      const count = figure(rows + history.rows, style);
      const result = r!.result - (rows * m!.result + h!.result * e!.result) / count.result;
      return {
        text: `${r!.text} − (${rows} × ${m!.text} + ${h!.text} × ${e!.text} of earlier visits) ÷ ${count.text}`,
        result,
      };
    }
    case 'normalized': {
      const parts = outcome.parts.map(({ function: index, weight, ...part }): Written => {
        const { text, result } = compare(part, style);
        const w = figure(weight, style);
        const times = w.result === 1 ? '' : `${w.text} × `;
        return {
          text: `${functions[index]}: ${times}${divides(part) ? text : `(${text})`}`,
          result: w.result * result,
        };
      });
      const sum = sumOf(parts);
      const compared = compare({ ...outcome.sum, value: sum.result }, style);
      return { text: `${sum.text}; ${compared.text}`, result: compared.result };
    }
    default:
      return outcome satisfies never;
  }
}

const UNDIVIDED = { deviation: null, over: 'group' } as const;

const WHOSE = {
  group: '',
  batch: ' (all of the step)',
  both: ' (shrunk towards the deviation of the step)',
} as const;

function compare({ value, mean, deviation, over }: Comparison, style: Style): Written {
  const [v, m] = [figure(value, style), figure(mean, style)];
  const difference = v.result - m.result;
  if (!divides({ deviation })) return { text: `${v.text} − ${m.text}`, result: difference };
  const d = divisor(deviation!, style);
  return { text: `(${v.text} − ${m.text}) ÷ ${d.text}${WHOSE[over]}`, result: difference / d.result };
}

function divisor(deviation: number, style: Style): Written {
  const alone = figure(deviation, style);
  if (!style.epsilon) return alone;
  return { text: `(${alone.text} + ${DEVIATION_EPSILON})`, result: alone.result + DEVIATION_EPSILON };
}

function figure(value: number, { digits }: Style): Written {
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
