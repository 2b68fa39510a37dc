import type { RunFinding } from './run-finding.ts';

/** A finding with what it is known by while its steps and figures change. */
export interface KeyedFinding {
  key: string;
  finding: RunFinding;
}

/** Known by its kind and the curves that show it; several with the same of these are counted. */
export function keyed(findings: readonly RunFinding[]): KeyedFinding[] {
  const seen = new Map<string, number>();
  return findings.map((finding) => {
    const name = [finding.kind, ...finding.metrics].join(' ');
    const count = (seen.get(name) ?? 0) + 1;
    seen.set(name, count);
    return { key: count === 1 ? name : `${name} (${count})`, finding };
  });
}

/** Those that someone should know of who does not look for them. */
export const urgent = (findings: readonly RunFinding[]): RunFinding[] =>
  findings.filter(({ severity }) => severity !== 'information');

/** Those that nobody has dismissed; `dismissed`: their keys, as `about.json` has them. */
export const undismissed = (findings: readonly RunFinding[], dismissed: readonly string[] = []): RunFinding[] =>
  keyed(findings).flatMap(({ key, finding }) => (dismissed.includes(key) ? [] : [finding]));
