import type { Completion } from '../../src/protocol/dashboard-completion.ts';
import type { RescoredRow } from '../../src/protocol/rescore.ts';
import { decimalsFor, formatAdvantage, formatNumber, signOf } from '../../src/text/numbers.ts';
import { el, setChildren, setText } from '../dom.ts';
import { KeyedList, type Row } from '../keyed-list.ts';
import { keepButtons } from '../rollouts/keep.ts';
import { extractedParts, rowFailure } from '../rollouts/outcome.ts';

/** A completion with what it had and has now. */
export interface Compared {
  row: RescoredRow;
  completion: Completion;
}

/** "1 → 2", or the one value of both. */
export const arrow = (old: string, now: string): string => (old === now ? now : `${old} → ${now}`);

/** A completion with its advantage, reward and scores, before and now. */
export function comparedCard(): Row<Compared> {
  const advantage = el('span', { class: 'advantage', title: 'Advantage' });
  const reward = el('span');
  const truncated = el('span', { class: 'tag warning' }, 'truncated');
  const flips = el('span', { class: 'tag flips' }, 'sign flips');
  const text = el('pre');
  const scores = el('dl', { class: 'scores' });
  const list = new KeyedList<Score>(scores, ({ name }) => name, scoreLine);
  const error = el('div');
  const keep = keepButtons();
  const element = el(
    'article',
    {},
    el('header', {}, advantage, reward, truncated, flips),
    ...[text, scores, error, keep.element],
  );
  const update = ({ row, completion }: Compared) => {
    const sign = signOf(row.advantage.new);
    element.className = `completion ${sign}`;
    const decimals = Math.max(2, decimalsFor(Object.values(row.advantage)));
    const shown = (value: number) => formatAdvantage(value, decimals);
    setText(advantage, arrow(shown(row.advantage.old), shown(row.advantage.new)));
    setText(reward, `reward ${arrow(formatNumber(row.reward.old), formatNumber(row.reward.new))}`);
    truncated.hidden = !completion.truncated;
    flips.hidden = !row.flips;
    setText(text, completion.completion === '' ? '(empty)' : completion.completion);
    const names = new Set([...Object.keys(row.scores.old), ...Object.keys(row.scores.new)]);
    list.show([...names].map((name) => ({ name, row })));
    setChildren(error, row.error ?? '', () => [rowFailure(row)]);
    keep.update({ completion, scores: row.scores.new });
  };
  return { element, update };
}

interface Score {
  name: string;
  row: RescoredRow;
}

function scoreLine({ name }: Score): Row<Score> {
  const score = el('dd');
  const why = el('dd', { class: 'muted' });
  const element = el('div', {}, el('dt', {}, name), score, why);
  const update = ({ row: { scores, details } }: Score) => {
    setText(score, arrow(scoreText(scores.old[name]), scoreText(scores.new[name])));
    const detail = details?.[name];
    why.hidden = !detail;
    setChildren(why, JSON.stringify(detail ?? null), () => (detail ? extractedParts(detail) : []));
  };
  return { element, update };
}

const scoreText = (score: number | null | undefined): string =>
  score === undefined ? 'not called' : score === null ? 'none' : formatNumber(score);
