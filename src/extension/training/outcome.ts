import type { Problem } from '../../protocol/errors.ts';
import { placeToOpen, wordsBesidePlace } from '../workspace/problem-place.ts';
import { rewardText } from '../workspace/run-progress.ts';
import type { EndedTraining } from './training.ts';

export type OutcomeAction = 'Get Model' | 'Open' | 'Open Dashboard' | 'Resume' | 'Show Log';

/** How a training ended, for one notification. */
export interface Outcome {
  severity: 'information' | 'warning' | 'error';
  text: string;
  actions: OutcomeAction[];
  /** Where the user's input is wrong, if that is why it did not start. */
  problem?: Problem;
}

const BAD_INPUT = 2;

export function describeOutcome({ training, exit }: EndedTraining): Outcome {
  const { request, progress, folder, stage } = training;
  const { end, code, signal, lastWords } = exit;
  const { name } = request;
  const after = `after step ${end?.step ?? progress.step}`;

  if (folder === undefined && code === BAD_INPUT && end?.error !== undefined) {
    const { error, problem = { message: error } } = end;
    const actions: OutcomeAction[] = placeToOpen(problem) ? ['Open', 'Show Log'] : ['Show Log'];
    if (problem.remedy?.action === 'get-model') actions.unshift('Get Model');
    return { severity: 'error', text: `${name} could not start: ${wordsBesidePlace(problem)}`, actions, problem };
  }
  if (end?.outcome === 'done') {
    const { firstReward, reward } = progress;
    const rewards = reward === null ? '' : `: reward ${rewardText(firstReward)} → ${rewardText(reward)}`;
    return { severity: 'information', text: `${name} is done ${after}${rewards}.`, actions: ['Open Dashboard'] };
  }
  if (end?.outcome === 'stopped')
    return {
      severity: 'information',
      text: `${name} stopped ${after}, with a checkpoint.`,
      actions: ['Resume', 'Open Dashboard'],
    };
  const again: OutcomeAction[] = folder === undefined ? ['Show Log'] : ['Resume', 'Show Log'];
  if (end?.outcome === 'failed')
    return {
      severity: 'error',
      text: `${name} failed ${after}: ${end.error ?? 'for an unknown reason'}`,
      actions: again,
    };
  if (stage === 'terminating')
    return { severity: 'warning', text: `${name} was ended ${after}, without a new checkpoint.`, actions: again };
  const how = signal === null ? `status ${code}` : `signal ${signal}`;
  const said =
    lastWords === '' ? 'It printed nothing.' : `Last output: ${lastWords.split('\n').slice(-3).join(' ').slice(-300)}`;
  return { severity: 'error', text: `${name}: the trainer died ${after} (${how}). ${said}`, actions: again };
}
