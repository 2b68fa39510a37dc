import type { RunSeconds, StepSeconds } from '../protocol/check-report.ts';
import type { RunConfig } from '../protocol/run-config.ts';
import { evaluatesAfter, scheduleOf, stillToCome } from '../protocol/schedule.ts';
import { promptsEvaluated } from '../trainer/evaluate.ts';

/** Bytes a second that checkpoints are written with; slower disks are rare by now. */
const DISK_SPEED = 2e8;

/** How often a run does what takes time. */
export interface RunPlan {
  steps: number;
  evaluations: number;
  /** Completions of one evaluation. */
  evaluated: number;
  checkpoints: number;
  /** So many of them are kept. */
  kept: number;
}

/** What of a config says how often. */
type PlannedConfig = Parameters<typeof scheduleOf>[0] &
  Pick<RunConfig, 'evalPrompts' | 'evalSteps' | 'numGenerationsEval' | 'saveTotalLimit'>;

/** `heldOut`: how many prompts there are to evaluate on. */
export function runPlan(config: PlannedConfig, heldOut: number): RunPlan {
  const schedule = { ...scheduleOf(config), heldOut: heldOut > 0 };
  const { evaluations, checkpoints } = stillToCome(0, schedule);
  return {
    steps: config.maxSteps,
    evaluations: evaluations + (evaluatesAfter(0, schedule) ? 1 : 0),
    evaluated: promptsEvaluated(config, heldOut) * config.numGenerationsEval,
    checkpoints,
    kept: Math.min(checkpoints, config.saveTotalLimit ?? checkpoints),
  };
}

/** What a run takes, from what one step does. */
export function runSeconds(
  plan: RunPlan,
  step: StepSeconds,
  { start, completions, checkpointBytes }: { start: number; completions: number; checkpointBytes: number },
): RunSeconds {
  const seconds = {
    start,
    steps: plan.steps * step.total,
    evaluations: plan.evaluations * plan.evaluated * ((step.rollout + step.score) / completions),
    checkpoints: (plan.checkpoints * checkpointBytes) / DISK_SPEED,
  };
  return { ...seconds, total: Object.values(seconds).reduce((sum, part) => sum + part, 0) };
}
