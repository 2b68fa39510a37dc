import { existsSync } from 'node:fs';
import { basename, join } from 'node:path';
import * as z from 'zod';
import type { ModelConfig } from '../../model/config.ts';
import { ADAPTER_FILES, writeAdapterFiles } from '../../model/files/adapter-files.ts';
import { damagedFile } from '../../model/files/damaged-file.ts';
import { readSafetensorsHeader } from '../../model/files/safetensors.ts';
import { type NamedTensor, type WeightDtype, writeSafetensors } from '../../model/files/safetensors-writer.ts';
import { copyCompanions, writeModelFiles } from '../../model/files/save.ts';
import { type StoredTensor, storedTensor } from '../../model/files/stored-tensor.ts';
import { WEIGHTS_FILE } from '../../model/files/weights.ts';
import { Packing } from '../../model/packing.ts';
import type { Weights } from '../../model/weights-tree.ts';
import type { RunConfig } from '../../protocol/run-config.ts';
import { stepOfName } from '../../protocol/run-folder.ts';
import { atomicWrite } from '../../run-folder/atomic-write.ts';
import {
  modelTensors,
  readState,
  readTrained,
  requireLora,
  type SavedRun,
  STATE_FILE,
  type UpdateCounts,
} from './checkpoint-files.ts';
import type { Progress } from './learner.ts';
import type { PolicyState } from './policy-state.ts';
import { isTrlState, readTrlCheckpoint } from './trl-checkpoint.ts';

/** Apart from the model's own `model.safetensors`, so that other programs see just a model. Its tensors are as in memory: see `conv1d.ts`. */
const OPTIMIZER_FILE = 'grpo_optimizer.safetensors';

const PREFIX = { means: 'mean.', squares: 'square.', weights: 'weight.', reference: 'reference.' };

/** What a run must remember besides tensors to continue as if it had never stopped. */
const trainerState = z.object({
  version: z.literal(1),
  step: z.int().min(0),
  /** Optimizer updates so far. */
  updates: z.int().min(0),
  /** Tokens processed so far, TRL's `num_tokens`. */
  numTokens: z.number().min(0),
  /** The name of the stage that took the last step, in a run of several. */
  stage: z.string().optional(),
  /** Of float16 training. */
  lossScale: z.object({ scale: z.number().positive(), goodUpdates: z.int().min(0) }).optional(),
  /** Of `useAdaptiveEntropy`. */
  entropyControl: z.object({ coef: z.number(), entropy: z.number() }).optional(),
});
type TrainerState = z.infer<typeof trainerState>;

/** Fills `folder` with a Hugging Face model folder or PEFT's of an adapter, the optimizer's moments and the trainer's state. */
export async function writeCheckpoint(
  folder: string,
  model: ModelConfig,
  config: Pick<RunConfig, 'model' | 'checkpointDtype'>,
  policy: PolicyState,
  progress: Progress,
): Promise<void> {
  const { checkpointDtype: dtype } = config;
  const named = (weights: Weights, prefix = '') => namedTensors(model, weights, prefix);
  await writeTrained(folder, model, { source: config.model, weights: policy.weights, dtype });

  const tensors = [...named(policy.means, PREFIX.means), ...named(policy.squares, PREFIX.squares)];
  // Weights that were rounded on their way to disk, and a reference that is no longer the start model, are kept in full.
  if (dtype !== 'float32') tensors.push(...named(policy.weights, PREFIX.weights));
  if (policy.syncedReference) tensors.push(...named(policy.syncedReference, PREFIX.reference));
  const shapes = new Map(tensors.map(([name, shape]) => [name, shape]));
  await writeSafetensors(join(folder, OPTIMIZER_FILE), shapes, tensors, 'float32');

  const { updates, lossScale, entropyControl } = policy;
  const full: TrainerState = {
    ...{ version: 1, updates, ...progress },
    ...(lossScale && { lossScale }),
    ...(entropyControl && { entropyControl }),
  };
  atomicWrite(join(folder, STATE_FILE), `${JSON.stringify(full, null, 2)}\n`);
}

/** Fills `folder` with what other programs open: a Hugging Face model folder, or PEFT's of an adapter for the model `source`. */
export async function writeTrained(
  folder: string,
  model: ModelConfig,
  { source, weights, dtype }: { source: string; weights: Weights; dtype: WeightDtype },
): Promise<void> {
  const tensors = namedTensors(model, weights);
  if (model.lora) {
    copyCompanions(source, folder);
    await writeAdapterFiles(
      folder,
      { base: source, lora: model.lora, quantization: model.quantization, conv1d: model.conv1d },
      tensors,
      dtype,
    );
  } else {
    await writeModelFiles(folder, { source, config: model, weights: tensors, dtype });
  }
}

/** Weights, or moments of them, by their Hugging Face names. */
export const namedTensors = (model: ModelConfig, weights: Weights, prefix = ''): NamedTensor[] =>
  Object.entries(new Packing(model).unpack(weights)).map(([name, { shape, data }]) => [
    prefix + name,
    shape,
    data as Float32Array,
  ]);

/**
 * Reads what `writeCheckpoint` wrote, or TRL's trainer. Throws BadInput when the folder is no checkpoint, or not of what `model` trains. `config` says how
 * many updates a step has.
 */
export async function readCheckpoint(folder: string, model: ModelConfig, config: UpdateCounts): Promise<SavedRun> {
  const file = join(folder, STATE_FILE);
  const json = readState(folder);
  const requireStep = (step: number): void => {
    const named = stepOfName(basename(folder));
    if (named !== undefined && named !== step)
      throw damagedFile(file, `This is the state after step ${step}, in the checkpoint of step ${named}`);
  };
  if (isTrlState(json)) {
    const saved = readTrlCheckpoint(folder, model, config);
    requireStep(saved.progress.step);
    return saved;
  }
  const state = trainerState.safeParse(json);
  if (!state.success) throw damagedFile(file, 'This is not the state of a run');
  requireStep(state.data.step);
  const has = (name: string) => existsSync(join(folder, name));
  const weightsFiles = ADAPTER_FILES.some(has) ? ADAPTER_FILES : [WEIGHTS_FILE];
  const missing = [OPTIMIZER_FILE, ...weightsFiles].find((name) => !has(name));
  if (missing !== undefined) throw damagedFile(join(folder, missing), 'This file is missing');

  requireLora(folder, model);
  const optimizerFile = join(folder, OPTIMIZER_FILE);
  const kept = readSafetensorsHeader(optimizerFile);
  const withPrefix = (prefix: string): StoredTensor[] =>
    kept
      .filter(({ name }) => name.startsWith(prefix))
      .map((entry) => ({ ...storedTensor(entry), name: entry.name.slice(prefix.length) }));
  const read = (tensors: StoredTensor[]): Weights => readTrained(tensors, model, optimizerFile);
  const optional = (tensors: StoredTensor[]) => (tensors.length > 0 ? read(tensors) : undefined);

  const weights = optional(withPrefix(PREFIX.weights)) ?? read(modelTensors(folder, model));
  const means = read(withPrefix(PREFIX.means));
  const squares = read(withPrefix(PREFIX.squares));
  const syncedReference = optional(withPrefix(PREFIX.reference));
  const { step, numTokens, stage, updates, lossScale, entropyControl } = state.data;
  const policy = {
    ...{ weights, means, squares, updates, syncedReference },
    ...(lossScale && { lossScale }),
    ...(entropyControl && { entropyControl }),
  };
  return { policy, progress: { step, numTokens, ...(stage !== undefined && { stage }) } };
}
