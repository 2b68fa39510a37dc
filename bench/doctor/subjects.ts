/** The runs that the doctor is tried on: sick ones, each with the finding that it should get, and healthy ones, which should get none. */
import { SICK_CURVES } from './sick-curves.ts';
import { SICK_REWARDS } from './sick-rewards.ts';
import type { SickRun } from './sick-run.ts';

/** Steps that a sick run trains, by which its finding should have appeared. */
export const SICK_STEPS = 12;

export const SICK_RUNS: readonly SickRun[] = [...SICK_CURVES, ...SICK_REWARDS];

/** Samples of the workspace with most of their steps: by then, they are near their best. */
export const HEALTHY_SAMPLES = { sort: 60, arithmetic: 30 } as const;
export type HealthySample = keyof typeof HEALTHY_SAMPLES;
/** With an evaluation now and then. */
export const EVAL_STEPS = 15;
export const SEEDS = 10;
