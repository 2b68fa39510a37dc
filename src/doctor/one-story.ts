import type { RunFinding } from '../protocol/run-finding.ts';
import { worstFirst } from './worst-first.ts';

/**
 * Findings that may be the cause of others, and what each explains; a kind explains only kinds further down the list, or such as explain nothing.
 * docs/doctor.md has it as a table.
 */
export const CAUSES: readonly (readonly [cause: string, explained: readonly string[]])[] = [
  [
    'nan',
    [
      ...['kl-runaway', 'entropy-collapse', 'length-collapse', 'length-explosion', 'all-truncated', 'often-truncated'],
      ...['same-answers', 'repetition', 'no-signal', 'weak-signal', 'constant-function', 'gradient-spike'],
    ],
  ],
  ['reward-failed', ['no-signal', 'weak-signal', 'constant-function', 'plateau']],
  ['learning-rate', ['plateau']],
  [
    'hacking-functions',
    [
      ...['hacking-tricks', 'hacking-held-out', 'length-collapse', 'length-explosion', 'all-truncated'],
      ...['often-truncated', 'entropy-collapse', 'same-answers', 'repetition', 'no-signal', 'weak-signal'],
    ],
  ],
  [
    'hacking-tricks',
    [
      ...['hacking-held-out', 'length-collapse', 'length-explosion', 'all-truncated', 'often-truncated'],
      ...['entropy-collapse', 'same-answers', 'repetition', 'no-signal', 'weak-signal'],
    ],
  ],
  ['hacking-held-out', ['length-collapse', 'length-explosion', 'entropy-collapse', 'same-answers', 'repetition']],
  [
    'kl-runaway',
    [
      ...['length-collapse', 'length-explosion', 'entropy-collapse', 'same-answers', 'repetition'],
      ...['no-signal', 'weak-signal', 'gradient-spike'],
    ],
  ],
  ['length-explosion', ['all-truncated', 'often-truncated', 'repetition']],
  ['all-truncated', ['repetition', 'no-signal', 'weak-signal', 'constant-function', 'plateau']],
  ['entropy-collapse', ['same-answers', 'no-signal', 'weak-signal', 'plateau']],
  ['same-answers', ['length-collapse', 'repetition', 'no-signal', 'weak-signal']],
  ['repetition', ['often-truncated']],
];
const EXPLAINED = new Map(CAUSES);

/**
 * One finding for each story: what a warning or an error explains becomes part of it, and the worst severity of them that of the story. The remedy is
 * that of the cause; what is no consequence of it will be found again once that is cured.
 */
export function oneStory(findings: readonly RunFinding[]): RunFinding[] {
  const causes = CAUSES.flatMap(([cause]) =>
    findings.filter(({ kind, severity }) => kind === cause && severity !== 'information'),
  );
  const rootOf = (finding: RunFinding): RunFinding => {
    const cause = causes.find(({ kind }) => EXPLAINED.get(kind)!.includes(finding.kind));
    return cause ? rootOf(cause) : finding;
  };
  const roots = new Map(findings.map((finding) => [finding, rootOf(finding)]));
  const stories = findings.flatMap((root) => {
    if (roots.get(root) !== root) return [];
    const explained = findings.filter((other) => other !== root && roots.get(other) === root);
    return explained.length === 0 ? [root] : [withExplained(root, explained)];
  });
  return worstFirst(stories);
}

function withExplained(root: RunFinding, explained: readonly RunFinding[]): RunFinding {
  const { severity } = worstFirst([root, ...explained])[0]!;
  const examples = root.examples ?? explained.find((finding) => finding.examples)?.examples;
  const also = worstFirst(explained).map(({ kind, title, evidence, metrics }) => ({ kind, title, evidence, metrics }));
  return { ...root, severity, ...(examples && { examples }), also };
}
