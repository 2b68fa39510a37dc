import type { Finding } from './finding.ts';

export type Severity = Finding['severity'];

/** The worst first; each with the words for one and for several. */
export const SEVERITIES: Record<Severity, readonly [one: string, several: string]> = {
  error: ['error', 'errors'],
  warning: ['warning', 'warnings'],
  information: ['note', 'notes'],
};

/** `1 error, 2 warnings` */
export function countsText(counts: Readonly<Record<Severity, number>>): string {
  return (Object.keys(SEVERITIES) as Severity[])
    .filter((severity) => counts[severity] > 0)
    .map((severity) => `${counts[severity]} ${SEVERITIES[severity][counts[severity] === 1 ? 0 : 1]}`)
    .join(', ');
}
