import type { RunFinding } from '../../protocol/run-finding.ts';
import type { MetricsTail } from '../../run-folder/metrics-tail.ts';

/** Tells what the curves of a run show. Of the run that was asked about last, only what is new is read. */
export function curvesDiagnosis(): (folder: string) => Promise<RunFinding[]> {
  let last: { folder: string; tail: MetricsTail } | undefined;
  return async (folder) => {
    const { diagnoseMetrics } = await import('../../doctor/diagnose.ts');
    const { oneStory } = await import('../../doctor/one-story.ts');
    const { historyOf } = await import('../../doctor/run-history.ts');
    const { MetricsTail } = await import('../../run-folder/metrics-tail.ts');
    const { readRunInfoLater } = await import('../../run-folder/run-info.ts');
    const info = await readRunInfoLater(folder);
    if (!info) return [];
    if (last?.folder !== folder) last = { folder, tail: new MetricsTail(folder) };
    const { tail } = last;
    await tail.read();
    return oneStory(diagnoseMetrics(historyOf(info, tail.columns)));
  };
}
