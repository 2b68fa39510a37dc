import { join } from 'node:path';
import type { ModelConfig } from '../../model/config.ts';
import { asInFile, conv1dWeights } from '../../model/files/conv1d.ts';
import { bool, dict, float, int, list, none, record, tensor, tuple } from '../../model/files/python-pickle.ts';
import { writeTorchFile } from '../../model/files/torch-writer.ts';
import { optimizerGroups } from '../../model/torch-order.ts';
import type { Weights } from '../../model/weights-tree.ts';
import type { RunConfig } from '../../protocol/run-config.ts';
import type { MetricsRow } from '../../protocol/run-folder.ts';
import { atomicWrite } from '../../run-folder/atomic-write.ts';
import { namedTensors, writeTrained } from './checkpoint.ts';
import { type SavedRun, STATE_FILE } from './checkpoint-files.ts';
import { learningRateAfter } from './learning-rate.ts';
import { OPTIMIZER } from './trl-checkpoint.ts';

const SCHEDULER = 'scheduler.pt';

/**
 * Fills `folder` with a checkpoint that TRL's trainer resumes from: a model folder or PEFT's, in float32, and the states of torch's AdamW, of the
 * learning-rate schedule and of the trainer. Not the random numbers: without `rng_state.pth` it goes on with those that it has. `source` is the model
 * that the tokenizer is taken from, and that an adapter belongs to; `metrics` become the trainer's log.
 */
export async function writeTrlCheckpoint(
  folder: string,
  model: ModelConfig,
  config: RunConfig,
  { policy, progress }: SavedRun,
  { source, metrics }: { source: string; metrics: readonly MetricsRow[] },
): Promise<void> {
  const { weights, means, squares, updates } = policy;
  await writeTrained(folder, model, { source, weights, dtype: 'float32' });

  const transposed = conv1dWeights(model);
  const inFile = (moments: Weights) => namedTensors(model, moments).map((tensor) => asInFile(tensor, transposed));
  const values = new Map(
    [means, squares].flatMap((moments, index) =>
      inFile(moments).map(([name, , data]) => [`${index} ${name}`, data] as const),
    ),
  );
  const shapes = new Map(inFile(means).map(([name, shape]) => [name, shape]));
  const groups = optimizerGroups(model);
  const names = groups.flat();
  // By number, `step`, `exp_avg`, `exp_avg_sq`, each a tensor with a storage of its own.
  const storages: [key: string, values: Float32Array][] = names.flatMap((name, number) => [
    [`${3 * number}`, Float32Array.of(updates)],
    [`${3 * number + 1}`, values.get(`0 ${name}`)!],
    [`${3 * number + 2}`, values.get(`1 ${name}`)!],
  ]);
  const state = names.map((name, number) => {
    const shape = shapes.get(name)!;
    return [
      int(number),
      record({
        step: tensor(`${3 * number}`, []),
        exp_avg: tensor(`${3 * number + 1}`, shape),
        exp_avg_sq: tensor(`${3 * number + 2}`, shape),
      }),
    ] as const;
  });
  const rate = learningRateAfter(updates, config);
  const group = (own: readonly string[], weightDecay: number) =>
    record({
      lr: float(rate),
      betas: tuple([float(config.adamBeta1), float(config.adamBeta2)]),
      eps: float(config.adamEpsilon),
      weight_decay: float(weightDecay),
      ...{ amsgrad: bool(false), maximize: bool(false), foreach: none, capturable: bool(false) },
      ...{ differentiable: bool(false), fused: none, decoupled_weight_decay: bool(true) },
      initial_lr: float(config.learningRate),
      params: list(own.map((name) => int(names.indexOf(name)))),
    });
  const optimizer = record({
    state: dict(state),
    param_groups: list([group(groups[0], config.weightDecay), group(groups[1], 0)]),
  });
  const sizes = new Map(storages.map(([key, { byteLength }]) => [key, byteLength]));
  await writeTorchFile(join(folder, OPTIMIZER), optimizer, sizes, storages);

  const rates = (value: number) => list([float(value), float(value)]);
  const scheduler = record({
    ...{ base_lrs: rates(config.learningRate), last_epoch: int(updates), _step_count: int(updates + 1) },
    ...{ _is_initial: bool(false), _get_lr_called_within_step: bool(false) },
    ...{ _last_lr: rates(rate), lr_lambdas: list([none, none]) },
  });
  await writeTorchFile(join(folder, SCHEDULER), scheduler);
  atomicWrite(join(folder, STATE_FILE), `${JSON.stringify(trainerState(config, progress, metrics), null, 2)}\n`);
}

/** `TrainerState` of transformers 5.23. Its steps are updates; what of it follows from the arguments of training is set again when that begins. */
function trainerState(config: RunConfig, { step, numTokens }: SavedRun['progress'], metrics: readonly MetricsRow[]) {
  const perStep = config.numIterations * config.numMiniBatches;
  const completions = config.promptsPerStep * config.numGenerations;
  return {
    ...{ best_global_step: null, best_metric: null, best_model_checkpoint: null, epoch: 0 },
    eval_steps: (config.evalSteps ?? config.maxSteps) * perStep,
    global_step: step * perStep,
    ...{ is_hyper_param_search: false, is_local_process_zero: true, is_world_process_zero: true },
    log_history: metrics
      .filter((row) => row.step > 0 && row.step <= step)
      .map((row) => ({ ...row, step: row.step * perStep })),
    logging_steps: 1,
    max_steps: config.maxSteps * perStep,
    num_input_tokens_seen: numTokens,
    num_train_epochs: 1,
    save_steps: config.saveSteps * perStep,
    // Without it transformers could not save the next checkpoint.
    stateful_callbacks: { TrainerControl: { args: NOTHING_ASKED, attributes: {} } },
    total_flos: 0,
    train_batch_size: completions / (config.numMiniBatches * config.gradientAccumulationSteps),
    ...{ trial_name: null, trial_params: null },
  };
}

const NOTHING_ASKED = {
  ...{ should_epoch_stop: false, should_evaluate: false, should_log: false, should_save: false },
  should_training_stop: false,
};
