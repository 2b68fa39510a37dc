import { isScored, type Sample } from './store.ts';

export interface Badge {
  text: string;
  kind: '' | 'good' | 'warning' | 'error';
  /** What it means. */
  title: string;
}

/** What a sample's row shows at a glance. */
export function badgesOf({ view, scores }: Sample): Badge[] {
  if (view.kind === 'broken') return [{ text: 'not a sample', kind: 'error', title: view.problem }];
  const badges: Badge[] = [];
  const problems = scores?.problems ?? [];
  const missed = scores?.mismatches.length ?? 0;
  const failed = Object.values(scores?.outcomes ?? {}).filter(({ kind }) => kind === 'failure').length;
  if (problems.some(({ severity, code }) => severity === 'error' && code !== 'other-prompt'))
    badges.push({ text: 'error', kind: 'error', title: problems[0]!.message });
  if (failed > 0)
    badges.push({
      text: 'failed',
      kind: 'error',
      title: failed === 1 ? 'A reward function failed on it' : `${failed} reward functions failed on it`,
    });
  if (missed > 0) badges.push({ text: '≠ expected', kind: 'error', title: 'Its scores differ from the expected ones' });
  else if (Object.keys(view.expect).length > 0 && isScored(scores))
    badges.push({ text: '✓', kind: 'good', title: 'Its scores are the expected ones' });
  const other = problems.find(({ code }) => code === 'other-prompt');
  if (other) badges.push({ text: 'other prompt', kind: 'warning', title: other.message });
  if (view.generated)
    badges.push({
      text: 'generated',
      kind: '',
      title: 'Written by the model. Generate Samples may replace it until you edit it or save expected scores.',
    });
  return badges;
}
