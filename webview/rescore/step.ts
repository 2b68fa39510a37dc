import type { Completion } from '../../src/protocol/dashboard.ts';
import type { RescoredGroup, RescoredRow, RescoreStep } from '../../src/protocol/rescore.ts';
import { el } from '../dom.ts';
import { formatNumber, formatSigned } from '../format.ts';
import { extracted, failure, promptBlock } from '../groups/detail.ts';
import { keepButtons } from '../groups/keep.ts';
import { marks } from '../groups/marks.ts';
import { promptTitle } from '../groups/model.ts';
import { signalLabel } from '../groups/signals.ts';

/** A completion with what it had and has now. */
interface Compared {
  row: RescoredRow;
  completion: Completion;
}

/** The groups of a step, those that change most first; each opens to its completions. */
export function rescoredStep({ groups, rows }: RescoreStep, completions: readonly Completion[]): HTMLElement {
  const byGroup = new Map<number, Compared[]>(groups.map(({ group }) => [group, []]));
  for (const row of rows) byGroup.get(row.group)?.push({ row, completion: completions[row.row]! });
  const largest = (which: 'old' | 'new') =>
    rows.reduce((most, { advantage }) => Math.max(most, Math.abs(advantage[which])), 0);
  const scales = { old: largest('old'), new: largest('new') };
  const sorted = groups.toSorted((a, b) => weightOf(b, byGroup) - weightOf(a, byGroup) || a.group - b.group);
  return el(
    'div',
    { class: 'rescored-groups' },
    ...sorted.map((group) => section(group, byGroup.get(group.group)!, scales)),
  );
}

const flipsOf = (compared: readonly Compared[]): number => compared.filter(({ row }) => row.flips).length;

/** A signal that comes or goes tells more than any number of signs. */
function weightOf({ group, signal }: RescoredGroup, byGroup: Map<number, Compared[]>): number {
  const turned = (signal.old === 'signal') !== (signal.new === 'signal');
  return (turned ? 1e6 : 0) + flipsOf(byGroup.get(group)!);
}

function section(
  { group, reward, signal }: RescoredGroup,
  compared: Compared[],
  scales: { old: number; new: number },
): HTMLElement {
  // Both pictures in the order of the old rewards: what moved is seen at its place.
  const ordered = compared.toSorted((a, b) => (a.row.reward.old ?? -Infinity) - (b.row.reward.old ?? -Infinity));
  const { prompt } = compared[0]!.completion;
  const flips = flipsOf(compared);
  const now = ordered.map(({ completion, row }) => ({
    ...completion,
    ...{ advantage: row.advantage.new, reward: row.reward.new, error: row.error },
  }));
  const title = promptTitle(prompt);
  const details = el(
    'details',
    { class: 'rescored-group' },
    el(
      'summary',
      {},
      el('span', { class: 'muted number' }, el('span', { class: 'visually-hidden' }, 'Group '), String(group)),
      el('span', { class: 'group-title', title }, title),
      marks(
        ordered.map(({ completion }) => completion),
        scales.old,
      ),
      el('span', { class: 'muted', 'aria-hidden': 'true' }, '→'),
      marks(now, scales.new),
      el('span', { class: 'number', title: 'Mean reward' }, arrow(formatNumber(reward.old), formatNumber(reward.new))),
      el(
        'span',
        { class: signal.old === signal.new ? 'muted' : 'told' },
        arrow(signalLabel(signal.old), signalLabel(signal.new)),
      ),
      el('span', { class: flips === 0 ? 'muted' : 'told' }, `${flips} ${flips === 1 ? 'flip' : 'flips'}`),
    ),
  );
  // Made when it is opened: a step may have hundreds of completions.
  const fill = () => {
    if (!details.open || details.childElementCount > 1) return;
    const cards = ordered.toSorted((a, b) => changeOf(b.row) - changeOf(a.row)).map(card);
    details.append(el('div', { class: 'rescored-completions' }, promptBlock(prompt), ...cards));
  };
  details.addEventListener('toggle', fill);
  return details;
}

const changeOf = ({ advantage }: RescoredRow): number => Math.abs(advantage.new - advantage.old);
const arrow = (old: string, now: string): string => (old === now ? now : `${old} → ${now}`);

function card({ row, completion }: Compared): HTMLElement {
  const { advantage, reward, scores, flips, error, details } = row;
  const sign = Math.abs(advantage.new) < 1e-8 ? 'zero' : advantage.new > 0 ? 'up' : 'down';
  const names = [...new Set([...Object.keys(scores.old), ...Object.keys(scores.new)])];
  return el(
    'article',
    { class: `completion ${sign}` },
    el(
      'header',
      {},
      el(
        'span',
        { class: 'advantage', title: 'Advantage' },
        arrow(formatSigned(advantage.old), formatSigned(advantage.new)),
      ),
      el('span', {}, `reward ${arrow(formatNumber(reward.old), formatNumber(reward.new))}`),
      completion.truncated && el('span', { class: 'tag warning' }, 'truncated'),
      flips && el('span', { class: 'tag flips' }, 'sign flips'),
    ),
    el('pre', {}, completion.completion === '' ? '(empty)' : completion.completion),
    el(
      'dl',
      { class: 'scores' },
      ...names.map((name) =>
        el(
          'div',
          {},
          el('dt', {}, name),
          el('dd', {}, arrow(scoreText(scores.old[name]), scoreText(scores.new[name]))),
          extracted(details?.[name]),
        ),
      ),
    ),
    error !== null && failure(error),
    keepButtons(completion, scores.new),
  );
}

const scoreText = (score: number | null | undefined): string =>
  score === undefined ? 'not called' : score === null ? 'none' : formatNumber(score);
