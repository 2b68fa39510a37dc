import { badInputText, type Problem } from '../../protocol/errors.ts';
import type { Finding } from '../../protocol/finding.ts';
import { rewardChange } from '../../protocol/held-out.ts';
import { type ConfigEdit, setWords } from '../../protocol/remedy.ts';
import { placeToOpen, wordsBesidePlace } from '../workspace/problem-place.ts';
import type { EndedTraining } from './news.ts';

export type OutcomeAction = 'Get Model' | 'Open' | 'Open Dashboard' | 'Resume' | 'Set Up TRL' | 'Show Log';

/** How a training ended, for one notification. */
export interface Outcome {
  severity: 'information' | 'warning' | 'error';
  text: string;
  actions: OutcomeAction[];
  /** Where the user's input is wrong, if that is why it did not start. */
  problem?: Problem;
  /** What to change in the config, to start again with: a button of its own, before the others. */
  restart?: ConfigEdit;
}

/** Makes the change of a remedy, and starts again. The sentence before the button says what is changed: buttons are cut off. */
export const CHANGE_AND_RESTART = 'Change and Restart';

/** `All 32 completions were cut off at 48 tokens. Set "maxCompletionLength" to 256?` */
export const withQuestion = (evidence: string, edit: ConfigEdit | undefined): string =>
  edit ? `${evidence} ${setWords(edit)}?` : evidence;

const BAD_INPUT = 2;

/** What the dashboard of a run that never began should say; undefined where someone asked for its end. */
export const failureOf = (ended: EndedTraining): string | undefined => {
  if (ended.training.stopRequested) return undefined;
  const { text, problem } = describeOutcome(ended);
  return problem ? badInputText(problem) : text;
};

export function describeOutcome({ training, exit }: EndedTraining, name = training.request.name): Outcome {
  const { progress, folder, stage } = training;
  const { end, code, signal, lastWords } = exit;
  const after = `after step ${end?.step ?? progress.step}`;

  if (folder === undefined && code === BAD_INPUT && end?.error !== undefined) {
    const { error, problem = { message: error } } = end;
    const actions: OutcomeAction[] = placeToOpen(problem) ? ['Open', 'Show Log'] : ['Show Log'];
    if (problem.remedy?.action === 'get-model') actions.unshift('Get Model');
    if (problem.remedy?.action === 'set-up-trl') actions.unshift('Set Up TRL');
    return { severity: 'error', text: `${name} could not start: ${wordsBesidePlace(problem)}`, actions, problem };
  }
  if (end?.outcome === 'done') {
    const [finding] = end.findings ?? [];
    if (finding) return becauseOf(finding, `${name} is done ${after}.`, ['Open Dashboard']);
    const change = rewardChange(end.heldOut, { first: progress.firstReward, last: progress.reward });
    const text = `${name} is done ${after}${change === undefined ? '' : `: ${change}`}.`;
    return { severity: 'information', text, actions: ['Open Dashboard'] };
  }
  if (end?.outcome === 'stopped') {
    const text = `${name} stopped ${after}, with a checkpoint.`;
    const actions: OutcomeAction[] = ['Resume', 'Open Dashboard'];
    const [finding] = end.findings ?? [];
    return finding ? becauseOf(finding, text, actions) : { severity: 'information', text, actions };
  }
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

/** An end that is no good, and why. */
function becauseOf({ evidence, remedy }: Finding, ended: string, actions: OutcomeAction[]): Outcome {
  const edit = remedy?.action === 'set' ? remedy : undefined;
  const text = `${ended} ${withQuestion(evidence, edit)}`;
  return { severity: 'warning', text, actions, ...(edit && { restart: edit }) };
}
