import { formatFixed, formatShare } from '../../src/text/numbers.ts';
import { el } from '../dom.ts';
import type { PromptStep } from './prompt-steps.ts';

const SVG = 'http://www.w3.org/2000/svg';
const WIDTH = 600;
const HEIGHT = 90;
/** Around what is drawn, for dots at its edge. */
const EDGE = 5;

/** The solve rate of a prompt over the steps in which it was drawn, and below all rewards with their mean. Both have numbers beside them in the table. */
export function promptCharts(steps: readonly PromptStep[], decimals: number): HTMLElement {
  const rewards = steps.flatMap(({ completions }) =>
    completions.flatMap(({ reward }) => (reward === null ? [] : [reward])),
  );
  const [low, high] = rewards.reduce(([a, b], r) => [Math.min(a, r), Math.max(b, r)], [Infinity, -Infinity]);
  const range: [number, number] = rewards.length === 0 ? [0, 1] : low === high ? [low - 1, high + 1] : [low, high];
  return el(
    'div',
    { class: 'prompt-charts' },
    chart('Solve rate', steps, [0, 1], {
      line: ({ solved }) => solved,
      dots: ({ solved }) => [solved],
      label: formatShare,
    }),
    chart('Rewards and their mean', steps, range, {
      line: ({ mean }) => mean,
      dots: ({ completions }) => completions.flatMap(({ reward }) => (reward === null ? [] : [reward])),
      label: (value) => formatFixed(value, decimals),
    }),
  );
}

interface Drawn {
  line(step: PromptStep): number | null;
  dots(step: PromptStep): number[];
  label(value: number): string;
}

function chart(title: string, steps: readonly PromptStep[], [low, high]: [number, number], drawn: Drawn): HTMLElement {
  const [first, last] = [steps[0]!.step, steps.at(-1)!.step];
  const x = (step: number) =>
    first === last ? WIDTH / 2 : EDGE + ((step - first) / (last - first)) * (WIDTH - 2 * EDGE);
  const y = (value: number) => EDGE + (1 - (value - low) / (high - low)) * (HEIGHT - 2 * EDGE);
  const svg = make('svg', { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: 'none', class: 'prompt-chart' });
  svg.setAttribute('aria-hidden', 'true');
  const points = steps.flatMap((step) => {
    const value = drawn.line(step);
    return value === null ? [] : [`${x(step.step)},${y(value)}`];
  });
  svg.append(make('polyline', { points: points.join(' '), class: 'prompt-line' }));
  // A line of no length with round ends: a circle that stays one however wide the picture is.
  for (const step of steps)
    for (const value of new Set(drawn.dots(step)))
      svg.append(make('path', { d: `M${x(step.step)} ${y(value)}h0`, class: 'prompt-dot' }));
  return el(
    'figure',
    {},
    el('figcaption', {}, title),
    el(
      'div',
      { class: 'prompt-plot' },
      el('div', { class: 'prompt-axis' }, el('span', {}, drawn.label(high)), el('span', {}, drawn.label(low))),
      svg,
      el('div', { class: 'prompt-ends' }, el('span', {}, `step ${first}`), first !== last && el('span', {}, `${last}`)),
    ),
  );
}

function make(tag: string, attributes: Record<string, string>): SVGElement {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  return element;
}
