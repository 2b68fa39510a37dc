// zod/mini, because the dashboard's bundle carries it too.
import * as z from 'zod/mini';
import { type Staged, stageSpans } from './stage-spans.ts';

const every = z.int().check(z.minimum(1));

/** What a run does besides its steps, and after which of them. */
export const schedule = z.object({
  maxSteps: z.int().check(z.minimum(0)),
  saveSteps: every,
  evalSteps: z.nullable(every),
  evalOnStart: z.boolean(),
  /** There are held-out prompts: without any, nothing is evaluated. */
  heldOut: z.boolean(),
  /** In a run of several stages, the last step of each. */
  stageEnds: z.optional(z.array(every)),
});
export type Schedule = z.infer<typeof schedule>;

/** What of a run config the schedule follows from. */
type ScheduledConfig = Omit<Schedule, 'heldOut' | 'stageEnds'> & Staged & { evalDataset: unknown; evalSplit?: unknown };

/** Runs of an earlier release have no `evalOnStart`: they evaluated every `evalSteps` steps alone. */
export function scheduleOf(config: ScheduledConfig): Schedule {
  const { maxSteps, saveSteps, evalSteps, evalOnStart = false, evalDataset, evalSplit = null } = config;
  const heldOut = evalDataset !== null || evalSplit !== null;
  const ends = stageSpans(config).map(({ last }) => last);
  return { maxSteps, saveSteps, evalSteps, evalOnStart, heldOut, ...(ends.length > 0 && { stageEnds: ends }) };
}

/** Of a run that does not say what else it does. */
export const stepsAlone = (maxSteps: number): Schedule => ({
  ...{ maxSteps, saveSteps: Math.max(1, maxSteps), evalSteps: null, evalOnStart: false, heldOut: false },
});

/** Whether held-out prompts are evaluated after this many steps; 0: before the first. */
export function evaluatesAfter(step: number, { maxSteps, evalSteps, evalOnStart, heldOut }: Schedule): boolean {
  if (!heldOut) return false;
  if (evalOnStart && (step === 0 || step === maxSteps)) return true;
  return evalSteps !== null && step > 0 && step % evalSteps === 0;
}

/** Whether a checkpoint is written after this many steps. */
export const savesAfter = (step: number, { maxSteps, saveSteps }: Schedule): boolean =>
  step > 0 && (step % saveSteps === 0 || step === maxSteps);

/** How many evaluations and checkpoints come after `step` finished steps. */
export function stillToCome(step: number, plan: Schedule): { evaluations: number; checkpoints: number } {
  const { maxSteps, saveSteps, evalSteps } = plan;
  const multiples = (steps: number) => Math.floor(maxSteps / steps) - Math.floor(step / steps);
  const last = (steps: number | null, due: boolean) => (due && (steps === null || maxSteps % steps !== 0) ? 1 : 0);
  if (step >= maxSteps) return { evaluations: 0, checkpoints: 0 };
  const evaluations = (evalSteps === null ? 0 : multiples(evalSteps)) + last(evalSteps, plan.evalOnStart);
  // Also between stages, unless it is done then anyway.
  const between = (steps: number | null) =>
    (plan.stageEnds ?? []).filter((end) => end > step && end < maxSteps && (steps === null || end % steps !== 0))
      .length;
  const further = plan.evalOnStart ? between(evalSteps) : 0;
  return {
    evaluations: plan.heldOut ? evaluations + further : 0,
    checkpoints: multiples(saveSteps) + last(saveSteps, true) + between(saveSteps),
  };
}
