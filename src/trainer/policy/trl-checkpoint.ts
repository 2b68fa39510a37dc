import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';
import { isAdapterFolder } from '../../files/adapter-folder.ts';
import type { ModelConfig } from '../../model/config.ts';
import { adapterConfigFile } from '../../model/files/adapter-files.ts';
import { finite } from '../../model/files/finite.ts';
import { readJsonObject } from '../../model/files/json-file.ts';
import { readModelConfig } from '../../model/files/model-config.ts';
import { checkWeights } from '../../model/files/weights.ts';
import { Packing } from '../../model/packing.ts';
import { constantNames, parameterShapes } from '../../model/parameters.ts';
import type { Weights } from '../../model/weights-tree.ts';
import { BadInput } from '../../protocol/errors.ts';
import {
  otherModel,
  readAdapter,
  readState,
  readTrained,
  requireLora,
  type SavedRun,
  STATE_FILE,
  type UpdateCounts,
} from './checkpoint-files.ts';
import { readTorchAdamW, type TorchAdamW } from './trl-optimizer.ts';

export const OPTIMIZER = 'optimizer.pt';

/** What `trainer_state.json` of transformers' Trainer says. Its steps are optimizer updates. */
const trlState = z.object({ global_step: z.int().min(0), num_input_tokens_seen: z.number().min(0).default(0) });

export const isTrlState = (json: unknown): boolean => trlState.safeParse(json).success;

/**
 * A checkpoint that TRL's trainer has written (`checkpoint-200`), read for `model`: weights or adapter, the moments of its AdamW and how often that
 * has updated them. Not its random numbers, which are torch's. Throws BadInput for one that cannot be continued.
 */
export function readTrlCheckpoint(folder: string, model: ModelConfig, config: UpdateCounts): SavedRun {
  const { global_step: taken, num_input_tokens_seen: numTokens } = trlState.parse(readState(folder));
  const perStep = config.numIterations * config.numMiniBatches;
  if (taken % perStep !== 0)
    throw new BadInput(
      `TRL saved this checkpoint after ${taken} updates, in the middle of a step, which has ${perStep} ("numIterations" × "numMiniBatches"); take one that was saved at the end of a step.`,
      { file: join(folder, STATE_FILE) },
    );
  requireOptimizer(folder);
  requireLora(folder, model);
  if (model.lora) requireNoBias(folder);
  const { updates, means, squares } = readTrlOptimizer(folder, model);
  const file = join(folder, OPTIMIZER);
  // It has no moments of what it does not train.
  const constants = constantNames(model);
  const policy = {
    weights: model.lora ? readAdapter(folder, model) : readWeights(folder, model),
    means: readTrained(means, model, file, constants),
    squares: readTrained(squares, model, file, constants),
    ...{ updates, syncedReference: undefined },
  };
  return { policy, progress: { step: taken / perStep, numTokens } };
}

export const readTrlOptimizer = (folder: string, model: ModelConfig): TorchAdamW =>
  readTorchAdamW(join(folder, OPTIMIZER), model);

/** Says what there is in place of `optimizer.pt`. */
function requireOptimizer(folder: string): void {
  const refuse = (message: string): never => {
    throw new BadInput(message, { file: folder, isFolder: true });
  };
  const names = readdirSync(folder);
  const pieces = names.find((name) => /^global_step\d+$/.test(name));
  if (pieces !== undefined)
    refuse(
      `DeepSpeed has written this checkpoint in pieces (${pieces}), which are not read; make a model of it with its zero_to_fp32.py, and name that as "model" to start a new run from its weights.`,
    );
  const sharded = names.find((name) =>
    /^(pytorch_model_fsdp|optimizer)_\d+$|^(pytorch_model_fsdp|optimizer)\.bin$/.test(name),
  );
  if (sharded !== undefined)
    refuse(
      `FSDP has written this checkpoint in its own form (${sharded}), which is not read; make a model of it with "accelerate merge-weights", and name that as "model" to start a new run from its weights.`,
    );
  if (!existsSync(join(folder, OPTIMIZER)))
    refuse(
      `This checkpoint has no ${OPTIMIZER} (save_only_model leaves it out), so its training cannot be continued; name it as "model" to start a new run from its weights.`,
    );
}

/** PEFT trains the biases of the model itself then, which we do not. */
function requireNoBias(folder: string): void {
  const file = adapterConfigFile(folder);
  const bias = readJsonObject(file)?.bias ?? 'none';
  if (bias !== 'none')
    throw new BadInput(
      `"bias" is ${JSON.stringify(bias)}: this adapter's training also changes biases of the model, which is not supported; merge it (grpo export), and name that as "model" to start a new run.`,
      { file },
    );
}

/** All tensors of the model, which may be in shards. */
function readWeights(folder: string, model: ModelConfig): Weights {
  const shapes = (config: ModelConfig) => JSON.stringify([...parameterShapes(config)]);
  if (shapes(readModelConfig(folder)) !== shapes(model)) throw otherModel(folder);
  const packing = new Packing(model);
  const weights: Weights = {};
  for (const [name, tensor] of checkWeights(folder, model)) finite(tensor.read(packing.placeIn(weights, name)), tensor);
  return weights;
}

/** Whether a folder has an adapter whose dropout TRL applied: here there is none. */
export function dropoutOf(folder: string): number {
  const dropout = isAdapterFolder(folder) ? readJsonObject(adapterConfigFile(folder))?.lora_dropout : 0;
  return typeof dropout === 'number' ? dropout : 0;
}
