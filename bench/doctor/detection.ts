/** When a run's findings appear: diagnosed after each of its steps, as a trainer or a dashboard would. */
import { diagnose } from '../../src/doctor/diagnose.ts';
import { readHistory, recordedCompletions, recordedEvaluations } from '../../src/doctor/read-history.ts';
import { MetricColumns } from '../../src/protocol/metric-columns.ts';
import type { RunFinding } from '../../src/protocol/run-finding.ts';
import { readRunInfo } from '../../src/run-folder/run-info.ts';

/** A kind of finding, and the first step after which a diagnosis has it. */
export interface Detection {
  step: number;
  finding: Pick<RunFinding, 'kind' | 'severity'>;
  /** The kind of the finding that it is part of. */
  cause?: string | undefined;
}

/** In the order in which they appear. One that changes its severity appears again. */
export async function detections(run: string): Promise<Detection[]> {
  const whole = await readHistory(run, readRunInfo(run));
  const completionsOf = recordedCompletions(run);
  const found = new Map<string, Detection>();
  const add = (detection: Detection) => {
    const { severity, kind } = detection.finding;
    const key = `${severity} ${kind}`;
    if (!found.has(key)) found.set(key, detection);
  };
  for (let rows = 0; rows <= whole.metrics.length; rows++) {
    const metrics = new MetricColumns();
    metrics.append(firstRows(whole.metrics, rows));
    const step = metrics.lastStep;
    const present = (asked: number) => (asked <= step ? completionsOf(asked) : Promise.resolve([]));
    // A trainer whose numbers are not finite ends: that is known after its last step.
    const diverged = rows === whole.metrics.length ? whole.diverged : undefined;
    for (const story of await diagnose({ ...whole, metrics, diverged }, present, recordedEvaluations(run))) {
      const { severity, kind, also = [] } = story;
      add({ step, finding: story });
      for (const part of also) add({ step, finding: { severity, kind: part.kind }, cause: kind });
    }
  }
  return [...found.values()];
}

function firstRows(metrics: MetricColumns, rows: number) {
  const { steps, values } = metrics.slice();
  const cut = Object.entries(values).map(([key, column]) => [key, column.slice(0, rows)] as const);
  return { steps: steps.slice(0, rows), values: Object.fromEntries(cut) };
}
