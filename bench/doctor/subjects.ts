/** The runs that the doctor is tried on: sick ones, each with the finding that it should get, and healthy ones, which should get none. */
import { SICK_CURVES } from './sick-curves.ts';
import { SICK_REWARDS } from './sick-rewards.ts';
import type { SickRun } from './sick-run.ts';

/** Steps that a sick run trains: its finding should appear within ten. */
export const SICK_STEPS = 12;

export const SICK_RUNS: readonly SickRun[] = [...SICK_CURVES, ...SICK_REWARDS];

/** Samples of the workspace, trained as they are, with an evaluation now and then. */
export const HEALTHY_SAMPLES = ['sort', 'arithmetic'] as const;
export const HEALTHY_CONFIG = { evalSteps: 20 };
export const SEEDS = 10;
