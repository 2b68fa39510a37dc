import type { TrainerEvent } from '../../protocol/events.ts';
import type { Finding } from '../../protocol/finding.ts';
import type { ActiveTraining, Differences } from '../workspace/active-training.ts';
import type { TrainingRequest } from '../workspace/request.ts';
import type { TrainerExit } from './trainer-process.ts';

/** A resume that did nothing yet, because someone has to choose how. */
export interface OpenQuestion {
  request: TrainingRequest;
  differences: Differences;
}

/** What is noticed about a config that is being trained. */
export interface Noticed {
  configFile: string;
  findings: readonly Finding[];
}

export interface EndedTraining {
  training: ActiveTraining;
  exit: TrainerExit;
}

/** What an event says about the run's config: all of it when the run starts, later what its completions tell. */
export function noticedIn(event: TrainerEvent): readonly Finding[] | undefined {
  if (event.type === 'start') return event.findings ?? [];
  if (event.type !== 'state' && event.type !== 'end') return undefined;
  return event.findings?.length ? event.findings : undefined;
}
