import { GROUP_SIGNALS } from '../../grpo/signal.ts';
import type { Finding } from '../../protocol/finding.ts';
import type { MetricsRow } from '../../protocol/run-folder.ts';
import { type StepReport, withoutSignal } from '../../protocol/step-report.ts';

/** Says of a run of which no group of any step had a learning signal that it learned nothing, and why its last `groups` had none. */
export function nothingLearned(rows: readonly MetricsRow[], groups: number): Finding | undefined {
  const steps = rows.filter(({ step }) => step > 0);
  const last = steps.at(-1);
  // An older TRL has metrics alone, which do not say.
  if (!last || steps.some((row) => row['groups/signal'] !== 0)) return undefined;
  const signals = Object.fromEntries(
    GROUP_SIGNALS.map((signal) => [signal, Math.round((last[`groups/${signal.replace('-', '_')}`] ?? 0) * groups)]),
  ) as StepReport['groups']['signals'];
  const evidence = `Nothing was learned: no group of any step had a learning signal. Of the last step's ${groups} groups: ${withoutSignal(signals)}.`;
  return { kind: 'nothing-learned', severity: 'error', evidence };
}
