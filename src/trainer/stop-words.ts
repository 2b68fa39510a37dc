import type { Finding } from '../protocol/finding.ts';

/** Why a run stops before its last step without being asked to, `step` being the last that it took. */
export const stopWords = ({ kind, evidence }: Finding, step: number): string =>
  `"stopOn" has "${kind}" after step ${step}: ${evidence}`;

/** What `run.json` says of the end; null where someone asked for it, or all steps were taken. */
export const stopReason = ({
  outcome,
  findings,
}: {
  outcome: 'done' | 'stopped';
  findings?: Finding[];
}): string | null => (outcome === 'stopped' ? (findings?.[0]?.evidence ?? null) : null);
