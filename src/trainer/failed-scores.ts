import { RunFailure } from '../protocol/errors.ts';
import { remedyWords } from '../protocol/remedy.ts';
import { describeFailure, type NamedFailure, placeOf } from '../rewards/score-table.ts';
import { withFullStop } from '../text/full-stop.ts';

/** Completions of a step that a reward function failed on, of which `failures` are the first each, as an error at the place of the first. */
export function failedScores(step: number, failures: NamedFailure[], completions: number): RunFailure {
  const share =
    failures.length === completions ? 'Every completion' : `${failures.length} of ${completions} completions`;
  const first = failures[0]!;
  // What a reward threw may end without a full stop.
  const message = withFullStop(`${share} of step ${step} failed to be scored: ${describeFailure(first)}`);
  return new RunFailure(message, { kind: 'reward-failed', place: placeOf(first), remedy: { action: 'fix-reward' } });
}

/** The same where nobody can fix the reward meanwhile: it also says how to continue. */
export function endOfScoring({ message, problem }: RunFailure): RunFailure {
  return new RunFailure(`${message} ${remedyWords(problem.remedy!)}`, problem);
}
