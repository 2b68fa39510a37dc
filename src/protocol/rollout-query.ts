import * as z from 'zod/mini';
import { GROUP_SIGNALS, type GroupSignal } from '../grpo/signal.ts';
import { searchPattern } from '../text/search-pattern.ts';
import type { Completion } from './dashboard-completion.ts';
import { promptText } from './message-text.ts';

const number = z._default(z.nullable(z.number()), null);

/** What completions are searched for; each field asks for less. */
export const rolloutQuery = z.object({
  /** In a completion, what functions said of it, its prompt or its columns; in either case of its letters. */
  text: z._default(z.string(), ''),
  /** Of its group. */
  signal: z._default(z.enum(['any', 'none', ...GROUP_SIGNALS]), 'any'),
  truncated: z._default(z.boolean(), false),
  failed: z._default(z.boolean(), false),
  /** The function whose score is bounded; null: the reward, their weighted sum. */
  of: z._default(z.nullable(z.string()), null),
  least: number,
  most: number,
  /** Steps, inclusive; only a search through all of them looks at these. */
  firstStep: number,
  lastStep: number,
});
export type RolloutQuery = z.infer<typeof rolloutQuery>;

/** It asks for nothing: everything fits. */
export const EMPTY_QUERY: RolloutQuery = rolloutQuery.parse({});

/** How many of its filters are set; the text is none. */
export function filterCount({ signal, truncated, failed, of, least, most, firstStep, lastStep }: RolloutQuery): number {
  const bounded = least !== null || most !== null || of !== null;
  const someSteps = firstStep !== null || lastStep !== null;
  return [signal !== 'any', truncated, failed, bounded, someSteps].filter(Boolean).length;
}

export const hasSignal = (query: Pick<RolloutQuery, 'signal'>, signal: GroupSignal): boolean =>
  query.signal === 'any' || (query.signal === 'none' ? signal !== 'signal' : signal === query.signal);

/** Where a text was found. */
export type FoundIn = 'completion' | 'reason' | 'error' | 'prompt' | 'column';

export interface Found {
  in: FoundIn;
  /** The text that has it; the completion where no text is searched for. */
  text: string;
}

/** Looks for a query's text: in what a completion alone has, and in what all of its group have. */
export interface TextFinder {
  own(row: Pick<Completion, 'completion' | 'error' | 'details'>): Found | undefined;
  shared(row: Pick<Completion, 'prompt' | 'columns'>): Found | undefined;
}

export function textFinder({ text }: Pick<RolloutQuery, 'text'>): TextFinder {
  if (text.trim() === '')
    return { own: ({ completion }) => ({ in: 'completion', text: completion }), shared: () => undefined };
  const pattern = searchPattern(text);
  const first = (places: Iterable<Found>) => {
    for (const found of places) if (pattern.test(found.text)) return found;
    return undefined;
  };
  return { own: (row) => first(ownPlaces(row)), shared: (row) => first(sharedPlaces(row)) };
}

function* ownPlaces({ completion, details, error }: Pick<Completion, 'completion' | 'error' | 'details'>) {
  yield { in: 'completion', text: completion } as const;
  for (const { reason, extracted } of Object.values(details ?? {})) {
    if (extracted !== undefined) yield { in: 'reason', text: extracted } as const;
    if (reason !== undefined) yield { in: 'reason', text: reason } as const;
  }
  if (error !== null) yield { in: 'error', text: error } as const;
}

function* sharedPlaces({ prompt, columns }: Pick<Completion, 'prompt' | 'columns'>) {
  yield { in: 'prompt', text: promptText(prompt) } as const;
  for (const value of Object.values(columns ?? {})) yield { in: 'column', text: columnText(value) } as const;
}

/** A column's value: texts as they are, others as JSON. */
export const columnText = (value: unknown): string =>
  typeof value === 'string' ? value : (JSON.stringify(value) ?? '');

/** Whether a completion is within a query's filters for single completions. */
export function passesFilters(
  { rewards, reward, truncated, error }: Pick<Completion, 'rewards' | 'reward' | 'truncated' | 'error'>,
  query: RolloutQuery,
): boolean {
  if ((query.truncated && !truncated) || (query.failed && error === null)) return false;
  if (query.least === null && query.most === null && query.of === null) return true;
  const score = query.of === null ? reward : (rewards[query.of] ?? null);
  return score !== null && score >= (query.least ?? -Infinity) && score <= (query.most ?? Infinity);
}
