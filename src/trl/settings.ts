import { type RunConfig, runConfigSchema } from '../protocol/run-config.ts';
import type { LogHistory } from './log-history.ts';
import type { LoggedStep } from './logged-steps.ts';

/** Fields of GRPOConfig that a run config has in camelCase, with the same meaning. Batches and steps are counted differently. */
const SAME_FIELDS =
  `num_iterations shuffle_dataset seed max_completion_length temperature top_p top_k min_p mask_truncated_completions
  scale_rewards multi_objective_aggregation loss_type epsilon epsilon_high delta importance_sampling_level sapo_temperature_pos
  sapo_temperature_neg top_entropy_quantile off_policy_mask_threshold beta use_bias_correction_kl sync_ref_model ref_model_mixup_alpha
  entropy_coef learning_rate lr_scheduler_type warmup_steps adam_beta1 adam_beta2 adam_epsilon weight_decay max_grad_norm`.split(
    /\s+/,
  );

/** What is known of a run besides its arguments. */
type Known = Pick<RunConfig, 'numGenerations' | 'promptsPerStep' | 'maxSteps'> & { model: string; dataset: string };

/** A run config with what GRPOConfig says, as far as it can say so; `args` are undefined where they are not known, and it has the defaults. */
export function settingsOf(args: Record<string, unknown> | undefined, known: Known): RunConfig {
  const same = Object.fromEntries(
    SAME_FIELDS.flatMap((name) => {
      const value = args?.[name];
      return value === undefined || value === null ? [] : [[camelCase(name), value]];
    }),
  );
  for (;;) {
    const parsed = runConfigSchema.safeParse({ ...same, ...known, rewards: [] });
    if (parsed.success) return parsed.data;
    // What only TRL has, such as one of its loss types, cannot be said here.
    const refused = parsed.error.issues.flatMap(({ path }) => String(path[0])).filter((name) => name in same);
    if (refused.length === 0) throw parsed.error;
    for (const name of refused) delete same[name];
  }
}

const camelCase = (name: string): string => name.replaceAll(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());

/** The reward functions: those whose means are logged; before anything is, all columns of numbers. */
export function rewardNames({ rows }: Pick<LogHistory, 'rows'>, steps: readonly LoggedStep[]): string[] {
  const columns = steps[0]?.columns ?? [];
  const logged = new Set([...rows.values()].flatMap((row) => Object.keys(row)));
  const named = columns.filter((name) => logged.has(`rewards/${name}/mean`));
  return named.length > 0 ? named : columns.filter((name) => steps.every(({ scores }) => scores.includes(name)));
}

/** By name; without `reward_weights`, each counts once. */
export function weightsOf(
  args: Record<string, unknown> | undefined,
  names: readonly string[],
): ReadonlyMap<string, number> {
  const given = Array.isArray(args?.reward_weights) ? (args.reward_weights as unknown[]) : [];
  return new Map(names.map((name, index) => [name, typeof given[index] === 'number' ? given[index] : 1]));
}
