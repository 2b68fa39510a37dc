import { formatNumber } from '../../src/text/numbers.ts';
import { el, setText } from '../dom.ts';
import type { Row } from '../keyed-list.ts';
import { type Bin, bins, MOST_BINS } from './bins.ts';

const SVG = 'http://www.w3.org/2000/svg';
const WIDTH = 132;
const HEIGHT = 36;

/** What one function gave all samples. */
export interface Distribution {
  key: string;
  name: string;
  values: readonly number[];
  /** What there is to say of it, in a line. */
  text: string;
  /** Shows the function; null: it is none. */
  open: (() => void) | null;
}

/** How often each score was given, with the words for those who do not see it. */
export function distributionSection({ name, open }: Distribution): Row<Distribution> {
  const svg = document.createElementNS(SVG, 'svg');
  svg.setAttribute('viewBox', `0 0 ${WIDTH} ${HEIGHT}`);
  svg.setAttribute('width', String(WIDTH));
  svg.setAttribute('height', String(HEIGHT));
  svg.setAttribute('role', 'img');
  const low = el('span');
  const high = el('span');
  const ends = el('div', { class: 'ends', 'aria-hidden': 'true' }, low, high);
  const text = el('p', { class: 'muted' });
  const heading = open ? el('button', { class: 'link', onclick: open }, name) : el('span', {}, name);
  const element = el(
    'section',
    { 'aria-label': name },
    ...[heading, el('div', { class: 'histogram' }, svg, ends), text],
  );
  const update = (now: Distribution) => {
    const all = bins(now.values);
    const words = all.filter(({ count }) => count > 0).map((bin) => `${range(bin)}: ${bin.count}`);
    svg.setAttribute('aria-label', `${name}: ${words.length > 0 ? words.join(', ') : 'no scores'}`);
    svg.replaceChildren(...bars(all));
    setText(low, all.length > 0 ? formatNumber(all[0]!.from) : '');
    setText(high, all.length > 0 ? formatNumber(all.at(-1)!.to) : '');
    // One value has one bar, in the middle, and so has its label.
    high.hidden = low.textContent === high.textContent;
    setText(text, now.text);
  };
  return { element, update };
}

function bars(all: readonly Bin[]): SVGRectElement[] {
  const most = Math.max(1, ...all.map(({ count }) => count));
  const [low, high] = [all[0]?.from ?? 0, all.at(-1)?.to ?? 1];
  const discrete = all.length > 0 && all.every(({ from, to }) => from === to);
  const width = discrete ? Math.min(12, narrowest(all) * WIDTH - 1) : WIDTH / MOST_BINS - 1;
  return all.map((bin) => {
    const share = high > low ? (bin.from - low) / (high - low) : 0.5;
    const bar = document.createElementNS(SVG, 'rect');
    const height = bin.count === 0 ? 0 : Math.max(2, (bin.count / most) * (HEIGHT - 4));
    const x = discrete ? share * (WIDTH - width) : share * WIDTH;
    for (const [key, value] of Object.entries({ x, y: HEIGHT - height, width, height }))
      bar.setAttribute(key, String(value));
    const title = document.createElementNS(SVG, 'title');
    title.textContent = `${range(bin)}: ${bin.count}`;
    bar.append(title);
    return bar;
  });
}

/** The width, as a share of the whole, at which the two bars that are closest would touch. */
function narrowest(all: readonly Bin[]): number {
  const whole = all.at(-1)!.from - all[0]!.from;
  const gaps = all.slice(1).map(({ from }, i) => (from - all[i]!.from) / whole);
  const least = Math.min(1, ...gaps);
  return least / (1 + least);
}

const range = ({ from, to }: Bin): string =>
  from === to ? formatNumber(from) : `${formatNumber(from)} to ${formatNumber(to)}`;
