import type { RunFinding } from '../protocol/run-finding.ts';
import type { RecordedFailure } from '../protocol/run-folder.ts';
import { withFullStop } from '../text/full-stop.ts';
import { groupBy } from '../text/group-by.ts';
import { formatShare } from '../text/numbers.ts';
import { type RecordedCompletion, recentSteps, shownBy, stepsText } from './recorded-steps.ts';
import type { CompletionsOf, RunHistory } from './run-history.ts';

/** Steps with failures before they count: a service may be down for a moment. */
const STEPS = 3;
/** Below it, what fails costs next to nothing. */
const FEW = 0.01;

/** A reward function fails step after step: those completions have no score of it, and without any score, nothing is learned. */
export async function failingRewards(history: RunHistory, completionsOf: CompletionsOf): Promise<RunFinding[]> {
  const recent = await recentSteps(history, completionsOf);
  const rows = recent.flatMap((step) => step.rows);
  const failed = rows.flatMap((completion) =>
    completion.failure ? [{ completion, failure: completion.failure }] : [],
  );
  return [...groupBy(failed, ({ failure }) => failure.name)].flatMap(([name, failures]) => {
    const failing = recent.filter(({ step }) => failures.some(({ completion }) => completion.step === step));
    // Fixed in the meantime, or an accident.
    if (failing.length < STEPS || failing.at(-1) !== recent.at(-1)) return [];
    const place = failures[0]!.failure.place;
    return [
      {
        kind: 'reward-failed',
        severity: severityOf(rows, failures.length),
        title: `"${name}" fails`,
        evidence: evidence(name, failures, rows.length, stepsText(failing)),
        ...shownBy(
          failing,
          failures.map(({ completion }) => completion),
        ),
        metrics: ['rewards/failed_ratio'],
        ...(place && { place }),
        remedy: { action: 'fix-reward' } as const,
      },
    ];
  });
}

function severityOf(rows: readonly RecordedCompletion[], failures: number): RunFinding['severity'] {
  if (rows.every(({ reward }) => reward === null)) return 'error';
  return failures >= FEW * rows.length ? 'warning' : 'information';
}

function evidence(
  name: string,
  failures: readonly { completion: RecordedCompletion; failure: RecordedFailure }[],
  rows: number,
  steps: string,
): string {
  const { completion, failure } = failures[0]!;
  const share =
    failures.length === rows ? 'every completion' : `${formatShare(failures.length / rows)} of the completions`;
  return withFullStop(
    `In ${steps}, "${name}" failed on ${share}; first in step ${completion.step}: ${failure.message}`,
  );
}
