import { badInputText, type Problem } from '../../protocol/errors.ts';
import { rewardChange } from '../../protocol/held-out.ts';
import type { ConfigEdit } from '../../protocol/remedy.ts';
import { placeToOpen, wordsBesidePlace } from '../workspace/problem-place.ts';
import type { EndedTraining } from './news.ts';
import { restartLabel } from './restart-label.ts';

export type OutcomeAction = 'Get Model' | 'Open' | 'Open Dashboard' | 'Resume' | 'Show Log';

/** How a training ended, for one notification. */
export interface Outcome {
  severity: 'information' | 'warning' | 'error';
  text: string;
  actions: OutcomeAction[];
  /** Where the user's input is wrong, if that is why it did not start. */
  problem?: Problem;
  /** What to change in the config, to start again with: a button of its own, before the others. */
  restart?: { label: string; edit: ConfigEdit };
}

const BAD_INPUT = 2;

/** What the dashboard of a run that never began should say; undefined where someone asked for its end. */
export const failureOf = (ended: EndedTraining): string | undefined => {
  if (ended.training.stopRequested) return undefined;
  const { text, problem } = describeOutcome(ended);
  return problem ? badInputText(problem) : text;
};

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
    const [finding] = end.findings ?? [];
    if (finding) {
      const text = `${name} is done ${after}. ${finding.evidence}`;
      const { remedy } = finding;
      const restart = remedy?.action === 'set' && { restart: { label: restartLabel(remedy), edit: remedy } };
      return { severity: 'warning', text, actions: ['Open Dashboard'], ...restart };
    }
    const change = rewardChange(end.heldOut, { first: progress.firstReward, last: progress.reward });
    const text = `${name} is done ${after}${change === undefined ? '' : `: ${change}`}.`;
    return { severity: 'information', text, actions: ['Open Dashboard'] };
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
