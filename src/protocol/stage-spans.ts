import type { StageKind } from './stage-config.ts';

/** Which of a run's steps a stage takes: steps are counted through all stages. */
export interface StageSpan {
  /** From 1. */
  number: number;
  name: string;
  kind: StageKind;
  first: number;
  last: number;
}

/** What of a checked run config says so; runs of an earlier release have no stages. */
export interface Staged {
  stages?: readonly { kind: StageKind; name?: string | undefined; maxSteps?: number | undefined }[] | null | undefined;
}

/** None of a run without stages. */
export function stageSpans({ stages }: Staged): StageSpan[] {
  let last = 0;
  return (stages ?? []).map(({ kind, name = kind, maxSteps = 0 }, index) => {
    const first = last + 1;
    last += maxSteps;
    return { number: index + 1, name, kind, first, last };
  });
}

/** The stage that a step is of; of step 0, before the first one, the first. */
export const spanAt = (spans: readonly StageSpan[], step: number): StageSpan | undefined =>
  spans.find(({ last }) => step <= last) ?? spans.at(-1);

/** `"cold start" (sft), steps 1 to 50`. */
export function stageText({ name, kind, first, last }: Pick<StageSpan, 'name' | 'kind' | 'first' | 'last'>): string {
  const steps = first === last ? `step ${first}` : `steps ${first} to ${last}`;
  return `${name === kind ? kind : `"${name}" (${kind})`}, ${steps}`;
}

/** Whether a stage samples completions; the others learn from those that somebody else wrote. */
export function samples(kind: StageKind): boolean {
  switch (kind) {
    case 'grpo':
    case 'rejection':
      return true;
    case 'sft':
    case 'distill':
      return false;
    default:
      return kind satisfies never;
  }
}

/** The last step up to this one that samples completions; 0: none does. */
export function sampledUpTo(spans: readonly StageSpan[], step: number): number {
  const span = spanAt(spans, step);
  if (!span || samples(span.kind)) return step;
  return Math.max(0, ...spans.filter(({ kind, last }) => samples(kind) && last < step).map(({ last }) => last));
}

/** The first step from this one on that samples completions, if one does. */
export function sampledFrom(spans: readonly StageSpan[], step: number): number | undefined {
  const span = spanAt(spans, step);
  if (!span || samples(span.kind)) return step;
  return spans.find(({ kind, first }) => samples(kind) && first > step)?.first;
}
