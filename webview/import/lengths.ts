import type { PromptLengths } from '../../src/protocol/dataset-summary.ts';
import { el, setChildren } from '../dom.ts';
import { formatCount } from '../format.ts';

/** How long the prompts are: a histogram, with the words for those who do not see it. */
export class LengthHistogram {
  readonly element = el('div', { class: 'lengths' });

  show(lengths: PromptLengths | null): void {
    setChildren(this.element, JSON.stringify(lengths), () => (lengths ? histogram(lengths) : []));
  }
}

function histogram({ unit, count, min, median, p95, max, bins }: PromptLengths): HTMLElement[] {
  const most = Math.max(...bins.map((bin) => bin.count));
  const bars = bins.map((bin) => {
    const height = bin.count === 0 ? 0 : Math.max(3, (100 * bin.count) / most);
    return el('div', { style: `height: ${height}%`, title: `${range(bin)} ${unit}: ${bin.count}` });
  });
  const words = bins.filter((bin) => bin.count > 0).map((bin) => `${range(bin)}: ${bin.count}`);
  return [
    el('div', { class: 'bars', role: 'img', 'aria-label': `Prompts by ${unit}: ${words.join(', ')}` }, ...bars),
    el(
      'div',
      { class: 'ends muted', 'aria-hidden': 'true' },
      el('span', {}, String(bins[0]!.from)),
      el('span', {}, String(bins.at(-1)!.to)),
    ),
    el(
      'p',
      {},
      `${formatCount(count)} prompts: shortest ${min}, median ${median}, 95 % at most ${p95}, longest ${max} ${unit}`,
    ),
  ];
}

const range = ({ from, to }: { from: number; to: number }): string =>
  to - from === 1 ? `${from}` : `${from}–${to - 1}`;
