import type { Completion } from '../../src/protocol/dashboard-completion.ts';
import { promptTitle } from '../../src/protocol/message-text.ts';
import type { RescoredGroup, RescoreStep } from '../../src/protocol/rescore.ts';
import { bestFirst } from '../../src/protocol/row-groups.ts';
import { decimalsFor, formatFixed } from '../../src/text/numbers.ts';
import { el, setChildren, setText } from '../dom.ts';
import { KeyedList, type Row } from '../keyed-list.ts';
import { promptBlock } from '../prompt-block.ts';
import { drawMarks, marksPicture } from '../rollouts/marks.ts';
import { signalLabel } from '../rollouts/signals.ts';
import { arrow, type Compared, comparedCard } from './card.ts';

interface ComparedGroup {
  step: number;
  group: RescoredGroup;
  compared: Compared[];
  /** The step's largest advantage before and now. */
  scales: { old: number; new: number };
  /** Of all groups' mean rewards. */
  decimals: number;
}

/** The groups of a step, those that change most first; each opens to its completions. */
export class RescoredGroups {
  readonly element = el('div');
  readonly #groups = new KeyedList<ComparedGroup>(this.element, keyOf, section);

  show({ step, groups, rows }: RescoreStep, completions: readonly Completion[]): void {
    const byGroup = new Map<number, Compared[]>(groups.map(({ group }) => [group, []]));
    for (const row of rows) byGroup.get(row.group)?.push({ row, completion: completions[row.row]! });
    const largest = (which: 'old' | 'new') =>
      rows.reduce((most, { advantage }) => Math.max(most, Math.abs(advantage[which])), 0);
    const scales = { old: largest('old'), new: largest('new') };
    const decimals = Math.max(2, decimalsFor(groups.flatMap(({ reward }) => [reward.old, reward.new])));
    this.#groups.show(
      groups
        .map((group) => ({ step, group, compared: byGroup.get(group.group)!, scales, decimals }))
        .sort((a, b) => weightOf(b) - weightOf(a) || a.group.group - b.group.group),
    );
  }

  /** None: those of the next step are all closed. */
  clear(): void {
    this.#groups.show([]);
  }
}

/** A group of another step is another one: it is not open because that was. */
const keyOf = ({ step, group }: ComparedGroup): string => `${step} ${group.group}`;

const flipsOf = (compared: readonly Compared[]): number => compared.filter(({ row }) => row.flips).length;

/** A signal that comes or goes tells more than any number of signs. */
function weightOf({ group: { signal }, compared }: ComparedGroup): number {
  const turned = (signal.old === 'signal') !== (signal.new === 'signal');
  return (turned ? 1e6 : 0) + flipsOf(compared);
}

function section({ group: { group } }: ComparedGroup): Row<ComparedGroup> {
  const title = el('span', { class: 'group-title' });
  const before = marksPicture();
  const after = marksPicture();
  const mean = el('span', { class: 'number', title: 'Mean reward' });
  const signal = el('span');
  const flips = el('span', { class: 'number' });
  const prompt = el('div');
  const cards = el('div', { class: 'rescored-cards' });
  const list = new KeyedList<Compared>(cards, ({ row }) => row.row, comparedCard);
  const details = el(
    'details',
    { class: 'rescored-group' },
    el(
      'summary',
      {},
      el('span', { class: 'muted number' }, el('span', { class: 'visually-hidden' }, 'Group '), String(group)),
      title,
      before,
      el('span', { class: 'muted', 'aria-hidden': 'true' }, '→'),
      after,
      mean,
      signal,
      flips,
    ),
    el('div', { class: 'rescored-completions' }, prompt, cards),
  );
  let shown: ComparedGroup | undefined;
  // Made when it is opened: a step may have hundreds of completions.
  const fill = () => {
    if (!details.open || !shown) return;
    const text = shown.compared[0]!.completion.prompt;
    setChildren(prompt, JSON.stringify(text), () => [promptBlock(text)]);
    list.show(shown.compared.toSorted((a, b) => changeOf(b) - changeOf(a)));
  };
  details.addEventListener('toggle', fill);

  const update = (now: ComparedGroup) => {
    shown = now;
    const { reward, signal: signals } = now.group;
    const words = promptTitle(now.compared[0]!.completion.prompt);
    setText(title, words);
    title.title = words;
    // Both pictures in the old order, from best to worst: what moved is seen at its place.
    const ordered = now.compared.toSorted((a, b) => bestFirst(a.completion, b.completion));
    drawMarks(before, ordered.map(recordedCompletion), now.scales.old);
    drawMarks(after, ordered.map(rescoredCompletion), now.scales.new);
    setText(mean, arrow(formatFixed(reward.old, now.decimals), formatFixed(reward.new, now.decimals)));
    setText(signal, arrow(signalLabel(signals.old), signalLabel(signals.new)));
    signal.className = signals.old === signals.new ? 'muted' : 'told';
    const count = flipsOf(now.compared);
    setText(flips, `${count} ${count === 1 ? 'flip' : 'flips'}`);
    flips.className = `number ${count === 0 ? 'muted' : 'told'}`;
    fill();
  };
  return { element: details, update };
}

/** Of both, the advantage that a completion has as a whole: rescoring does not give those of its tokens. */
const recordedCompletion = ({ completion: { advantages: _, ...completion } }: Compared): Completion => completion;

const rescoredCompletion = (compared: Compared): Completion => {
  const { advantage, reward, error, failure } = compared.row;
  return { ...recordedCompletion(compared), ...{ advantage: advantage.new, reward: reward.new, error, failure } };
};

const changeOf = ({ row: { advantage } }: Compared): number => Math.abs(advantage.new - advantage.old);
