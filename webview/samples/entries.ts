import { messageText, promptTitle } from '../../src/protocol/message-text.ts';
import type { RewardOutcome } from '../../src/protocol/rewards.ts';
import type { FunctionView, GroupScores } from '../../src/protocol/samples-view.ts';
import { own } from '../../src/text/own.ts';
import type { Layout } from './layout.ts';
import type { Sample } from './store.ts';

/** Samples of one prompt. */
export interface PromptGroup {
  key: string;
  /** The prompt on one line. */
  title: string;
  /** Those that are shown, in the order in which they are. */
  samples: Sample[];
  /** How many there are, shown or not. */
  size: number;
  scores: GroupScores | undefined;
}

/** What the list shows: samples, and where they are grouped a heading before each group. */
export type Entry = { key: string } & ({ kind: 'sample'; sample: Sample } | { kind: 'group'; group: PromptGroup });

export type Choice = Pick<Layout, 'search' | 'filter' | 'prompt' | 'sort' | 'descending' | 'grouped'>;

export const sampleKey = ({ id }: Sample): string => `sample ${id}`;
const groupKey = (promptKey: string): string => `prompt ${promptKey}`;

const outcomesOf = ({ scores }: Sample): RewardOutcome[] => Object.values(scores?.outcomes ?? {});
const hasExpectation = ({ view }: Sample): boolean => view.kind === 'sample' && Object.keys(view.expect).length > 0;

export const FILTERS: Record<string, { label: string; keeps: (sample: Sample) => boolean }> = {
  all: { label: 'All samples', keeps: () => true },
  missed: { label: 'Expectation not met', keeps: ({ scores }) => (scores?.mismatches.length ?? 0) > 0 },
  expected: { label: 'With expected scores', keeps: hasExpectation },
  failed: {
    label: 'Some function failed',
    keeps: (sample) => outcomesOf(sample).some(({ kind }) => kind === 'failure'),
  },
  abstained: {
    label: 'Some function abstains',
    keeps: (sample) => outcomesOf(sample).some(({ kind }) => kind === 'abstain'),
  },
  signal: { label: 'With learning signal', keeps: ({ group }) => group?.signal === 'signal' },
  'no-signal': {
    label: 'Without learning signal',
    keeps: ({ group }) => group !== undefined && group.signal !== 'signal',
  },
  generated: { label: 'Generated', keeps: ({ view }) => view.kind === 'sample' && view.generated },
  problems: {
    label: 'With problems',
    keeps: ({ view, scores }) => view.kind === 'broken' || (scores?.problems.length ?? 0) > 0,
  },
};

/** What samples can be sorted by, the functions' scores included. */
export function sortsOf(functions: readonly FunctionView[]): { id: string; label: string }[] {
  return [
    { id: 'line', label: 'File order' },
    { id: 'reward', label: 'Reward' },
    { id: 'advantage', label: 'Advantage' },
    { id: 'length', label: 'Length' },
    ...functions.map(({ name }) => ({ id: `function ${name}`, label: name })),
  ];
}

/** What a sample is sorted by; null where it is not known. */
function sortValue({ line, view, scores }: Sample, sort: string): number | null {
  if (sort === 'reward') return scores?.reward ?? null;
  if (sort === 'advantage') return scores && scores.reward !== null ? scores.advantage : null;
  if (sort === 'length') return view.kind === 'sample' ? view.completion.length : null;
  if (!sort.startsWith('function ')) return line;
  const outcome = own(scores?.outcomes, sort.slice('function '.length));
  return outcome?.kind === 'score' ? outcome.score : null;
}

/** What the list shows, in order; what is not known comes last in either direction. A group is where the first of its samples is. */
export function entriesOf(samples: readonly Sample[], choice: Choice): Entry[] {
  const { filter, prompt, sort, descending, grouped } = choice;
  const { keeps } = FILTERS[filter] ?? FILTERS.all!;
  const wanted = choice.search.trim() === '' ? '' : choice.search.toLowerCase();
  const sign = descending ? -1 : 1;
  const shown = samples
    .filter(
      (sample) =>
        (prompt === null || sample.promptKey === prompt) &&
        keeps(sample) &&
        (wanted === '' || searchText(sample).includes(wanted)),
    )
    .map((sample) => ({ sample, value: sortValue(sample, sort) }))
    .sort((a, b) => {
      if (a.value === null || b.value === null)
        return Number(a.value === null) - Number(b.value === null) || a.sample.line - b.sample.line;
      return (a.value - b.value) * sign || a.sample.line - b.sample.line;
    })
    .map(({ sample }) => sample);
  return grouped ? groupedEntries(samples, shown) : shown.map(sampleEntry);
}

const sampleEntry = (sample: Sample): Entry => ({ kind: 'sample', key: sampleKey(sample), sample });

function groupedEntries(all: readonly Sample[], shown: readonly Sample[]): Entry[] {
  const sizes = new Map<string, number>();
  for (const { promptKey } of all) sizes.set(promptKey, (sizes.get(promptKey) ?? 0) + 1);
  const groups = new Map<string, PromptGroup>();
  for (const sample of shown) {
    const { promptKey: key, prompt, group: scores } = sample;
    const known = groups.get(key);
    if (known) known.samples.push(sample);
    else
      groups.set(key, {
        key,
        title: prompt === null ? '' : promptTitle(prompt),
        samples: [sample],
        size: sizes.get(key)!,
        scores,
      });
  }
  return [...groups.values()].flatMap((group): Entry[] => {
    // A line that is no sample has no prompt to be grouped by.
    const heading: Entry[] =
      group.samples[0]!.view.kind === 'broken' ? [] : [{ kind: 'group', key: groupKey(group.key), group }];
    return [...heading, ...group.samples.map(sampleEntry)];
  });
}

const texts = new WeakMap<Sample, string>();

/** All that can be searched for, in lower case. */
function searchText(sample: Sample): string {
  const known = texts.get(sample);
  if (known !== undefined) return known;
  const text = partsOf(sample).join('\n').toLowerCase();
  texts.set(sample, text);
  return text;
}

function partsOf({ view, prompt, scores }: Sample): string[] {
  if (view.kind === 'broken') return [view.text, view.problem];
  const messages = typeof prompt === 'string' ? [prompt] : (prompt ?? []).map(messageText);
  const columns = view.columns.flatMap(({ name, text }) => [name, text]);
  const said = Object.values(scores?.outcomes ?? {}).flatMap((outcome) => {
    if (outcome.kind === 'score') return [outcome.reason ?? '', outcome.extracted ?? ''];
    return outcome.kind === 'failure' ? [outcome.message] : [];
  });
  return [...messages, view.completion, ...columns, ...said, ...(scores?.problems ?? []).map(({ message }) => message)];
}
