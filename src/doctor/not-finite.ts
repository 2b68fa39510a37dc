import type { RunFinding } from '../protocol/run-finding.ts';
import type { RunHistory } from './run-history.ts';
import { slower } from './slower.ts';

/** Of mixed precision, single updates are skipped when gradients overflow float16: that is how the loss scale is found. */
const STEPS = { loss: 1, grad_norm: 3 };

/** Numbers that are not finite. The built-in trainer ends such a run; others train on, with weights that are all NaN. */
export function notFinite(history: RunHistory): RunFinding[] {
  const { diverged, metrics } = history;
  const common = { kind: 'nan', severity: 'error', title: 'The numbers are no longer finite' } as const;
  if (diverged !== undefined)
    return [
      {
        ...{ ...common, evidence: diverged, metrics: ['loss', 'grad_norm'] },
        steps: { first: metrics.lastStep, last: metrics.lastStep },
      },
    ];
  for (const [key, steps] of Object.entries(STEPS)) {
    const first = firstMissing(history, key);
    if (first === undefined || metrics.length - first < steps) continue;
    const span = { first: metrics.steps[first]!, last: metrics.lastStep };
    const what = key === 'loss' ? 'The loss' : "The gradient's norm";
    const when = span.first === span.last ? `In step ${span.first}` : `In steps ${span.first} to ${span.last}`;
    return [
      {
        ...{ ...common, steps: span, metrics: [key] },
        evidence: `${when}, ${what.toLowerCase()} was NaN or infinite: weights that such an update changed are lost; continue from a checkpoint before it.`,
        remedy: slower(history),
      },
    ];
  }
  return [];
}

/** The row from which on the metric has no value, up to the newest; rows that other training metrics lack, too, tell nothing. */
function firstMissing({ metrics }: RunHistory, key: string): number | undefined {
  const [values, rates] = [metrics.values(key), metrics.values('learning_rate')];
  if (!values || !rates) return undefined;
  let from = metrics.length;
  while (from > 0 && Number.isNaN(values[from - 1]!) && !Number.isNaN(rates[from - 1]!)) from -= 1;
  return from < metrics.length ? from : undefined;
}
