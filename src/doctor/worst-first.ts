import type { RunFinding } from '../protocol/run-finding.ts';

const SEVERITIES: RunFinding['severity'][] = ['error', 'warning', 'information'];

/** By severity; in their order where that is the same. */
export const worstFirst = (findings: readonly RunFinding[]): RunFinding[] =>
  findings.toSorted((a, b) => SEVERITIES.indexOf(a.severity) - SEVERITIES.indexOf(b.severity));
