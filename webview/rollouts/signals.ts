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
export const groupLabel = ({
  signal,
  discarded,
  replayedFrom,
}: Pick<Group, 'signal' | 'discarded' | 'replayedFrom'>): string =>
  `${LABELS[signal]}${discarded ? ', discarded' : ''}${replayedFrom === undefined ? '' : `, replayed from step ${replayedFrom}`}`;

/** As the end of a sentence about a group. */
export const signalSentence = (signal: GroupSignal): string =>
  signal === 'signal' ? 'has a learning signal' : `no learning signal (${LABELS[signal]})`;
