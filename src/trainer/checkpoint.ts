import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { floats } from '../engine/tree.ts';
import { adapterEntries, isAdapterFolder, readAdapterConfig, writeAdapterFiles } from '../model/adapter-files.ts';
import type { ModelConfig } from '../model/config.ts';
import { readModel, type Weights } from '../model/language-model.ts';
import { readSafetensorsHeader, readTensor } from '../model/safetensors.ts';
import { type NamedTensor, writeSafetensors } from '../model/safetensors-writer.ts';
import { copyCompanions, writeModelFiles } from '../model/save.ts';
import { BadInput } from '../protocol/errors.ts';
import type { RunConfig } from '../protocol/run-config.ts';
import { atomicWrite } from './atomic-write.ts';
import type { PolicyState } from './policy.ts';

const STATE_FILE = 'trainer_state.json';
/** Apart from the model's own `model.safetensors`, so that other programs see just a model. */
const OPTIMIZER_FILE = 'grpo_optimizer.safetensors';

const PREFIX = { means: 'mean.', squares: 'square.', weights: 'weight.', reference: 'reference.' };

/** What a run must remember besides tensors to go on as if it had never stopped. */
const trainerState = z.object({
  version: z.literal(1),
  step: z.int().min(0),
  /** Optimizer updates so far. */
  updates: z.int().min(0),
  /** Tokens processed so far, TRL's `num_tokens`. */
  numTokens: z.number().min(0),
});
export type TrainerState = z.infer<typeof trainerState>;

/** Fills `folder` with a Hugging Face model folder or PEFT's of an adapter, the optimizer's moments and the trainer's state. */
export async function writeCheckpoint(
  folder: string,
  model: ModelConfig,
  config: Pick<RunConfig, 'model' | 'checkpointDtype'>,
  policy: PolicyState,
  state: Omit<TrainerState, 'version' | 'updates'>,
): Promise<void> {
  const { model: source, checkpointDtype: dtype } = config;
  if (model.lora) {
    copyCompanions(source, folder);
    await writeAdapterFiles(folder, { base: source, lora: model.lora }, named(policy.weights), dtype);
  } else {
    await writeModelFiles(folder, { source, config: model, weights: named(policy.weights), dtype });
  }

  const tensors = [...named(policy.means, PREFIX.means), ...named(policy.squares, PREFIX.squares)];
  // Weights that were rounded on their way to disk, and a reference that is no longer the start model, are kept in full.
  if (dtype !== 'float32') tensors.push(...named(policy.weights, PREFIX.weights));
  if (policy.syncedReference) tensors.push(...named(policy.syncedReference, PREFIX.reference));
  const shapes = new Map(tensors.map(([name, shape]) => [name, shape]));
  await writeSafetensors(join(folder, OPTIMIZER_FILE), shapes, tensors, 'float32');

  const full: TrainerState = { version: 1, updates: policy.updates, ...state };
  atomicWrite(join(folder, STATE_FILE), `${JSON.stringify(full, null, 2)}\n`);
}

/** A run as a checkpoint keeps it. */
export interface SavedRun {
  policy: PolicyState;
  state: TrainerState;
}

/**
 * Reads what `writeCheckpoint` wrote. Throws BadInput when the folder is no checkpoint of ours, or not of what is trained: `start`, the
 * model's weights or its adapter's.
 */
export async function readCheckpoint(folder: string, { lora }: ModelConfig, start: Weights): Promise<SavedRun> {
  const file = join(folder, STATE_FILE);
  const state = trainerState.safeParse(readState(file));
  if (!state.success)
    throw new BadInput('This is not the state of a run; remove this checkpoint, and resume from the one before.', {
      file,
    });

  const optimizerFile = join(folder, OPTIMIZER_FILE);
  const tensors = readSafetensorsHeader(optimizerFile);
  const withPrefix = (prefix: string): Weights | undefined => {
    const own = tensors.filter(({ name }) => name.startsWith(prefix));
    if (own.length === 0) return undefined;
    return Object.fromEntries(
      own.map((entry) => [entry.name.slice(prefix.length), floats(readTensor(entry), entry.shape)]),
    );
  };
  const saved = readAdapterConfig(folder)?.lora;
  if (JSON.stringify(saved) !== JSON.stringify(lora)) {
    const message = `This checkpoint was trained with "lora": ${JSON.stringify(saved ?? null)}; set that in the run config, or start a new run.`;
    throw new BadInput(message, { file: folder });
  }
  const weights = withPrefix(PREFIX.weights) ?? (await readTrained(folder));
  const means = withPrefix(PREFIX.means) ?? {};
  const squares = withPrefix(PREFIX.squares) ?? {};
  const syncedReference = withPrefix(PREFIX.reference);
  for (const tree of [weights, means, squares, syncedReference ?? start])
    if (shapesOf(tree) !== shapesOf(start)) {
      const message = 'This checkpoint is of another model than the one that the run config names; start a new run.';
      throw new BadInput(message, { file: optimizerFile });
    }
  return { policy: { weights, means, squares, updates: state.data.updates, syncedReference }, state: state.data };
}

async function readTrained(folder: string): Promise<Weights> {
  if (!isAdapterFolder(folder)) return (await readModel(folder)).weights;
  return Object.fromEntries(
    adapterEntries(folder).map((entry) => [entry.name, floats(readTensor(entry), entry.shape)]),
  );
}

const shapesOf = (weights: Weights): string =>
  Object.entries(weights)
    .map(([name, { shape }]) => `${name} ${shape}`)
    .sort()
    .join();

function readState(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    throw new BadInput(
      `The checkpoint cannot be resumed (${(error as Error).message}); remove it, and resume from the one before.`,
      { file },
    );
  }
}

const named = (weights: Weights, prefix = ''): NamedTensor[] =>
  Object.entries(weights).map(([name, { shape, data }]) => [prefix + name, shape, data as Float32Array]);
