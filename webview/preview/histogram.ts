import { el } from '../dom.ts';
import { formatNumber } from '../format.ts';
import { type Bin, bins, MOST_BINS } from './bins.ts';

const SVG = 'http://www.w3.org/2000/svg';
const WIDTH = 132;
const HEIGHT = 36;
/** How often each score was given, with the words for those who do not see it. */
export function histogram(name: string, values: readonly number[]): HTMLElement {
  const all = bins(values);
  const most = Math.max(1, ...all.map(({ count }) => count));
  const words = all.filter(({ count }) => count > 0).map((bin) => `${range(bin)}: ${bin.count}`);
  const svg = document.createElementNS(SVG, 'svg');
  svg.setAttribute('viewBox', `0 0 ${WIDTH} ${HEIGHT}`);
  svg.setAttribute('width', String(WIDTH));
  svg.setAttribute('height', String(HEIGHT));
  svg.setAttribute('role', 'img');
  svg.setAttribute('aria-label', `${name}: ${words.length > 0 ? words.join(', ') : 'no scores'}`);
  const [low, high] = [all[0]?.from ?? 0, all.at(-1)?.to ?? 1];
  const discrete = all.every(({ from, to }) => from === to);
  const width = discrete ? Math.min(12, WIDTH / Math.max(1, all.length) - 2) : WIDTH / MOST_BINS - 1;
  for (const bin of all) {
    const share = high > low ? (bin.from - low) / (high - low) : 0.5;
    const bar = document.createElementNS(SVG, 'rect');
    const height = bin.count === 0 ? 0 : Math.max(2, (bin.count / most) * (HEIGHT - 4));
    const x = discrete ? share * (WIDTH - width) : share * WIDTH;
    for (const [key, value] of Object.entries({ x, y: HEIGHT - height, width, height }))
      bar.setAttribute(key, String(value));
    const title = document.createElementNS(SVG, 'title');
    title.textContent = `${range(bin)}: ${bin.count}`;
    bar.append(title);
    svg.append(bar);
  }
  const ends =
    all.length > 0 &&
    el(
      'div',
      { class: 'ends', 'aria-hidden': 'true' },
      el('span', {}, formatNumber(low)),
      el('span', {}, low === high ? '' : formatNumber(high)),
    );
  return el('div', { class: 'histogram' }, svg, ends);
}

const range = ({ from, to }: Bin): string =>
  from === to ? formatNumber(from) : `${formatNumber(from)} to ${formatNumber(to)}`;
