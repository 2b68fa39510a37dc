import * as z from 'zod';
import { configProblems } from './config-problems.ts';
import { withPreset } from './presets.ts';
import { runConfigFields } from './run-config-fields.ts';
import { generations } from './sampling-config.ts';
import { completeStages } from './stage-config.ts';
import { withTrlOnCuda } from './trl-config.ts';

/** Parses a config object: checks fields one by one and against each other, fills in defaults, resolves short forms. */
export const runConfigSchema = z
  .preprocess((config) => withTrlOnCuda(withPreset(withFirstGenerations(config))), runConfigFields)
  .superRefine((config, context) => {
    for (const { path, message } of configProblems(config)) context.addIssue({ code: 'custom', path, message });
  })
  .transform(({ $schema: _, ...config }) => ({
    ...config,
    // What is not divided is recorded as that.
    scaleRewards:
      config.baseline === 'leave-one-out' || config.baseline === 'history' ? ('none' as const) : config.scaleRewards,
    epsilonHigh: config.epsilonHigh ?? config.epsilon,
    numGenerationsEval: config.numGenerationsEval ?? config.numGenerations,
    ...withStages(config),
  }));

/** Groups begin with the `min` of `generations`: everything else knows it as `numGenerations`. */
function withFirstGenerations(config: unknown): unknown {
  if (typeof config !== 'object' || config === null || 'numGenerations' in config) return config;
  // Of one that is wrong, the message is about where it is.
  const first = generations.safeParse((config as { generations?: unknown }).generations).data?.min;
  return first === undefined ? config : { ...config, numGenerations: first };
}

/** With stages, the run has as many steps as they have together; its own `maxSteps` is that of stages that do not say. */
function withStages<Fields extends Pick<z.output<typeof runConfigFields>, 'stages' | 'maxSteps'>>(config: Fields) {
  if (config.stages === null) return { stages: null };
  const complete = completeStages(config.stages, config.maxSteps);
  return { stages: complete, maxSteps: complete.reduce((sum, stage) => sum + stage.maxSteps!, 0) };
}

/** A complete run config: every default filled in. Parsing it again gives the same. */
export type RunConfig = z.output<typeof runConfigSchema>;
