import type { Selection } from '../../src/grpo/rejection.ts';
import { type GroupSignal, groupSignals, reachOf, recordedStats } from '../../src/grpo/signal.ts';
import { isZero } from '../../src/grpo/statistics.ts';
import type { Completion } from '../../src/protocol/dashboard-completion.ts';
import { promptTitle } from '../../src/protocol/message-text.ts';
import type { Prompt } from '../../src/protocol/rewards.ts';
import { hasSignal, passesFilters, type RolloutQuery, textFinder } from '../../src/protocol/rollout-query.ts';
import { bestFirst, inGroups } from '../../src/protocol/row-groups.ts';
import { keptRows } from '../../src/protocol/selection.ts';
import { plainPart } from '../../src/text/search-pattern.ts';

/** One prompt's completions of a step. */
export interface Group {
  step: number;
  index: number;
  prompt: Prompt;
  /** The prompt as the model got it; `prompt` where the run does not say. */
  rendered: Prompt;
  /** The prompt on one line. */
  title: string;
  /** From best to worst: by advantage, then by reward. */
  completions: Completion[];
  mean: number | null;
  /** Standard deviation of the rewards. */
  spread: number | null;
  signal: GroupSignal;
  /** Dynamic sampling replaced it by another: the step did not learn from it. */
  discarded: boolean;
  /** Those that a rejection stage keeps; undefined in steps of other stages. */
  kept: ReadonlySet<Completion> | undefined;
  /** The step that sampled it, where this one replayed it. */
  replayedFrom: number | undefined;
  /** The largest advantage of its tokens, of either sign. */
  largest: number;
}

/** The groups of a step, in the order of its rollouts file; of one of a rejection stage, with what that keeps. */
export function groupsOf(rows: readonly Completion[], selection?: Selection): Group[] {
  const groups = inGroups(rows);
  const stats = groups.map((group) => recordedStats(group));
  const inOrder = groups.flat();
  const signals = groupSignals(
    { rewards: inOrder.map(({ reward }) => reward), groups: stats },
    inOrder.map(({ error, truncated }) => ({ failed: error !== null, truncated })),
  );
  return groups.map((group, i) => ({
    step: group[0]!.step,
    index: group[0]!.group,
    prompt: group[0]!.prompt,
    rendered: group.find(({ rendered_prompt }) => rendered_prompt !== undefined)?.rendered_prompt ?? group[0]!.prompt,
    title: promptTitle(group[0]!.prompt),
    completions: group.toSorted(bestFirst),
    mean: stats[i]!.mean,
    spread: stats[i]!.std,
    signal: signals[i]!,
    discarded: group[0]!.discarded === true,
    kept: selection && keptRows(group, selection),
    replayedFrom: group[0]!.replayed_from,
    largest: largestAdvantage(group),
  }));
}

export const largestAdvantage = (rows: readonly Completion[]): number =>
  rows.reduce((most, row) => {
    const { up, down } = reachOf(row);
    return Math.max(most, up, down);
  }, 0);

/** How a completion is drawn in the list of groups. */
export interface Bar {
  way: 'up' | 'down' | 'zero';
  /** Of the step's largest advantage. */
  share: number;
}

/** What is drawn of a completion: two bars where its tokens are pushed both ways. */
export function barsOf(completion: Pick<Completion, 'advantage' | 'advantages' | 'reward'>, largest: number): Bar[] {
  const reach = reachOf(completion);
  const ways = (['up', 'down'] as const).filter((way) => completion.reward !== null && !isZero(reach[way]));
  if (ways.length === 0) return [{ way: 'zero', share: 0 }];
  return ways.map((way) => ({ way, share: largest > 0 ? Math.min(1, reach[way] / largest) : 0 }));
}

/** Completions that are the same in all that is shown of them. */
export interface Merged {
  completion: Completion;
  /** It is one of them. */
  all: Completion[];
}

/** In the order of the first of each. */
export function mergeEqual(completions: readonly Completion[]): Merged[] {
  const merged = new Map<string, Merged>();
  for (const completion of completions) {
    const { completion: text, rewards, advantage, advantages, truncated, error, details, extra, length } = completion;
    const key = JSON.stringify([text, rewards, advantage, advantages, truncated, error, details, extra, length]);
    const same = merged.get(key);
    if (same) same.all.push(completion);
    else merged.set(key, { completion, all: [completion] });
  }
  return [...merged.values()];
}

export interface GroupColumn {
  id: string;
  title: string;
  /** What it is sorted by. */
  value(group: Group): number | string | null;
  /** Sorting begins with the largest. */
  descending?: boolean;
}

export const COLUMNS = [
  { id: 'index', title: '#', value: ({ index }) => index },
  { id: 'prompt', title: 'Prompt', value: ({ title }) => title },
  { id: 'mean', title: 'Mean', value: ({ mean }) => mean, descending: true },
  { id: 'spread', title: 'Std. dev.', value: ({ spread }) => spread, descending: true },
  { id: 'signal', title: 'Signal', value: ({ signal, kept }) => (kept ? kept.size : signal) },
  { id: 'marks', title: 'Advantages', value: ({ largest }) => largest, descending: true },
] as const satisfies GroupColumn[];

export interface GroupOrder {
  sort: string;
  descending: boolean;
}

/** The groups with a completion that fits; what they cannot be sorted by comes last, and an unknown order (of another release) is the first one. */
export function selectGroups(groups: readonly Group[], query: RolloutQuery, { sort, descending }: GroupOrder): Group[] {
  const column: GroupColumn = COLUMNS.find(({ id }) => id === sort) ?? COLUMNS[0];
  const sign = descending ? -1 : 1;
  return groups.filter(fits(query)).sort((a, b) => {
    const [x, y] = [column.value(a), column.value(b)];
    if (x === null || y === null) return Number(x === null) - Number(y === null);
    const order = typeof x === 'number' && typeof y === 'number' ? x - y : String(x).localeCompare(String(y));
    return order * sign || a.index - b.index;
  });
}

function fits(query: RolloutQuery): (group: Group) => boolean {
  const finder = textFinder(query);
  const part = plainPart(query.text.trim()).toLowerCase();
  const may = (row: Completion) => part === '' || lowerCase(row).includes(part);
  return ({ signal, completions }) => {
    if (!hasSignal(query, signal)) return false;
    const shared = finder.shared(completions[0]!) !== undefined;
    return completions.some(
      (row) => passesFilters(row, query) && (shared || (may(row) && finder.own(row) !== undefined)),
    );
  };
}

const lowered = new WeakMap<Completion, string>();

/** All that a completion alone has to be searched, kept: patterns that ignore case take ten times as long to say that something is not there. */
function lowerCase(row: Completion): string {
  const known = lowered.get(row);
  if (known !== undefined) return known;
  const details = Object.values(row.details ?? {}).flatMap(({ extracted, reason }) => [extracted ?? '', reason ?? '']);
  const text = [row.completion, ...details, row.error ?? ''].join('\n').toLowerCase();
  lowered.set(row, text);
  return text;
}
