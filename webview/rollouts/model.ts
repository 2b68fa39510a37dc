import { type GroupSignal, groupSignals, recordedStats } from '../../src/grpo/signal.ts';
import type { Completion } from '../../src/protocol/dashboard-completion.ts';
import { messageText } from '../../src/protocol/message-text.ts';
import type { Prompt } from '../../src/protocol/rewards.ts';

/** One prompt's completions of a step. */
export interface Group {
  index: number;
  prompt: Prompt;
  /** The prompt on one line. */
  title: string;
  /** From lowest to highest reward; without a reward first. */
  completions: Completion[];
  mean: number | null;
  /** Standard deviation of the rewards. */
  spread: number | null;
  signal: GroupSignal;
  /** All that can be searched for, in lower case. */
  text: string;
}

/** The groups of a step, in the order of its rollouts file. */
export function groupsOf(rows: readonly Completion[]): Group[] {
  const byIndex = new Map<number, Completion[]>();
  for (const row of rows) {
    const group = byIndex.get(row.group);
    if (group) group.push(row);
    else byIndex.set(row.group, [row]);
  }
  const groups = [...byIndex.values()];
  const stats = groups.map(recordedStats);
  const inOrder = groups.flat();
  const signals = groupSignals(
    { rewards: inOrder.map(({ reward }) => reward), groups: stats },
    inOrder.map(({ error, truncated }) => ({ failed: error !== null, truncated })),
  );
  return groups.map((group, i) => ({
    index: group[0]!.group,
    prompt: group[0]!.prompt,
    title: promptTitle(group[0]!.prompt),
    completions: group.toSorted((a, b) => (a.reward ?? -Infinity) - (b.reward ?? -Infinity)),
    mean: stats[i]!.mean,
    spread: stats[i]!.std,
    signal: signals[i]!,
    text: searchText(group),
  }));
}

/** What the question is: of a chat its last user message. */
export function promptTitle(prompt: Prompt): string {
  const text =
    typeof prompt === 'string' ? prompt : messageText(prompt.findLast(({ role }) => role === 'user') ?? prompt.at(-1)!);
  return text.replaceAll(/\s+/g, ' ').trim();
}

function searchText(group: readonly Completion[]): string {
  const { prompt } = group[0]!;
  const parts = [typeof prompt === 'string' ? prompt : prompt.map(messageText).join('\n')];
  for (const { completion, error, details } of group) {
    parts.push(completion, error ?? '');
    for (const { reason, extracted } of Object.values(details ?? {})) parts.push(reason ?? '', extracted ?? '');
  }
  return parts.join('\n').toLowerCase();
}

export const FILTERS: Record<string, { label: string; keeps: (group: Group) => boolean }> = {
  all: { label: 'All groups', keeps: () => true },
  signal: { label: 'With signal', keeps: ({ signal }) => signal === 'signal' },
  'no-signal': { label: 'Without signal', keeps: ({ signal }) => signal !== 'signal' },
  'too-easy': { label: 'Too easy', keeps: ({ signal }) => signal === 'too-easy' },
  'too-hard': { label: 'Too hard', keeps: ({ signal }) => signal === 'too-hard' },
  truncated: { label: 'Some truncated', keeps: ({ completions }) => completions.some(({ truncated }) => truncated) },
  failed: { label: 'Some failed', keeps: ({ completions }) => completions.some(({ error }) => error !== null) },
};

const least = (value: number | null) => value ?? -Infinity;
export const SORTS: Record<string, { label: string; compare: (a: Group, b: Group) => number }> = {
  order: { label: 'Dataset order', compare: (a, b) => a.index - b.index },
  'spread-down': { label: 'Largest std. dev.', compare: (a, b) => least(b.spread) - least(a.spread) },
  'mean-up': { label: 'Lowest reward', compare: (a, b) => least(a.mean) - least(b.mean) },
  'mean-down': { label: 'Highest reward', compare: (a, b) => least(b.mean) - least(a.mean) },
};

/** The groups to show; unknown filters and orders (of another release) count as the first ones. */
export function selectGroups(groups: readonly Group[], search: string, filter: string, sort: string): Group[] {
  const { keeps } = FILTERS[filter] ?? FILTERS.all!;
  const { compare } = SORTS[sort] ?? SORTS.order!;
  const wanted = search.trim().toLowerCase();
  return groups.filter((group) => keeps(group) && group.text.includes(wanted)).sort(compare);
}
