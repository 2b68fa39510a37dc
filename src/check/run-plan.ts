import type { RunSeconds, StepSeconds } from '../protocol/check-report.ts';
import type { RunConfig } from '../protocol/run-config.ts';

/** Bytes a second that checkpoints are written with; slower disks are rare by now. */
const DISK_SPEED = 2e8;
/** Of evaluations before and after training, where nobody says how many prompts. */
const FEW_EVALUATED = 64;

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

export function runPlan(
  config: Pick<
    RunConfig,
    'maxSteps' | 'saveSteps' | 'saveTotalLimit' | 'evalOnStart' | 'evalSteps' | 'evalPrompts' | 'numGenerationsEval'
  >,
  heldOut: number,
): RunPlan {
  const { maxSteps, saveSteps, evalSteps, saveTotalLimit } = config;
  const evaluates = heldOut > 0;
  const regular = evaluates && evalSteps !== null ? Math.floor(maxSteps / evalSteps) : 0;
  const first = evaluates && config.evalOnStart ? 1 : 0;
  // After the last step, unless that is one of the regular ones.
  const last = first === 1 && (evalSteps === null || maxSteps % evalSteps !== 0) ? 1 : 0;
  const prompts = Math.min(heldOut, config.evalPrompts ?? (evalSteps === null ? FEW_EVALUATED : heldOut));
  const checkpoints = Math.ceil(maxSteps / saveSteps);
  return {
    steps: maxSteps,
    evaluations: regular + first + last,
    evaluated: prompts * config.numGenerationsEval,
    checkpoints,
    kept: Math.min(checkpoints, saveTotalLimit ?? checkpoints),
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
