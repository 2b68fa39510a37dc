import type { GroupSignal } from '../../src/grpo/signal.ts';
import type { Group } from './model.ts';

const LABELS: Record<GroupSignal, string> = {
  signal: 'signal',
  'too-easy': 'too easy',
  'too-hard': 'too hard',
  equal: 'all equal',
  truncated: 'all truncated',
  abstained: 'abstained',
  failed: 'failed',
};

export const signalLabel = (signal: GroupSignal): string => LABELS[signal];

/** In a list of groups. */
export function groupLabel(group: Pick<Group, 'signal' | 'discarded' | 'replayedFrom' | 'kept'>): string {
  const { signal, discarded, replayedFrom, kept } = group;
  if (kept) return `${kept.size} kept`;
  if (replayedFrom !== undefined) return `replayed from step ${replayedFrom}`;
  return discarded ? 'discarded' : LABELS[signal];
}

/** The same with all there is to say. */
export const groupTitle = (group: Pick<Group, 'signal' | 'discarded' | 'replayedFrom' | 'kept'>): string =>
  group.discarded ? `${LABELS[group.signal]}: discarded, another prompt took its place` : groupLabel(group);

/** What came of a group, as the end of a sentence about it. */
export function outcomeSentence({ signal, discarded, replayedFrom, kept, completions }: Group): string {
  if (kept) return `${kept.size === 0 ? 'none' : kept.size} of ${completions.length} kept for later stages`;
  return `${signalSentence(signal)}${discarded ? ' · discarded: another prompt took its place' : ''}${replayedFrom === undefined ? '' : ` · replayed: sampled in step ${replayedFrom}`}`;
}

const signalSentence = (signal: GroupSignal): string =>
  signal === 'signal' ? 'has a learning signal' : `no learning signal (${LABELS[signal]})`;
