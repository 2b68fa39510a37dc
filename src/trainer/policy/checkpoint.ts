import { existsSync } from 'node:fs';
import { basename, join } from 'node:path';
import { z } from 'zod';
import { isAdapterFolder } from '../../files/adapter-folder.ts';
import { RUN_FILE } from '../../files/open-file.ts';
import { readText } from '../../files/text.ts';
import type { ModelConfig } from '../../model/config.ts';
import {
  ADAPTER_FILES,
  adapterEntries,
  readLora,
  savedName,
  writeAdapterFiles,
} from '../../model/files/adapter-files.ts';
import { damagedFile } from '../../model/files/damaged-file.ts';
import { finite } from '../../model/files/finite.ts';
import { readSafetensorsHeader, readTensor, type TensorEntry } from '../../model/files/safetensors.ts';
import { type NamedTensor, writeSafetensors } from '../../model/files/safetensors-writer.ts';
import { copyCompanions, writeModelFiles } from '../../model/files/save.ts';
import { WEIGHTS_FILE } from '../../model/files/weights.ts';
import { Packing } from '../../model/packing.ts';
import { trainedShapes } from '../../model/parameters.ts';
import type { Weights } from '../../model/weights-tree.ts';
import { BadInput } from '../../protocol/errors.ts';
import type { RunConfig } from '../../protocol/run-config.ts';
import { stepOfName } from '../../protocol/run-folder.ts';
import { atomicWrite } from '../../run-folder/atomic-write.ts';
import type { Progress } from './learner.ts';
import type { PolicyState } from './policy-state.ts';

const STATE_FILE = 'trainer_state.json';
/** Apart from the model's own `model.safetensors`, so that other programs see just a model. */
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
export type TrainerState = z.infer<typeof trainerState>;

/** Fills `folder` with a Hugging Face model folder or PEFT's of an adapter, the optimizer's moments and the trainer's state. */
export async function writeCheckpoint(
  folder: string,
  model: ModelConfig,
  config: Pick<RunConfig, 'model' | 'checkpointDtype'>,
  policy: PolicyState,
  progress: Progress,
): Promise<void> {
  const { model: source, checkpointDtype: dtype } = config;
  const named = (weights: Weights, prefix = ''): NamedTensor[] =>
    Object.entries(new Packing(model).unpack(weights)).map(([name, { shape, data }]) => [
      prefix + name,
      shape,
      data as Float32Array,
    ]);
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

  const { updates, lossScale, entropyControl } = policy;
  const full: TrainerState = {
    ...{ version: 1, updates, ...progress },
    ...(lossScale && { lossScale }),
    ...(entropyControl && { entropyControl }),
  };
  atomicWrite(join(folder, STATE_FILE), `${JSON.stringify(full, null, 2)}\n`);
}

/** A run as a checkpoint keeps it. */
export interface SavedRun {
  policy: PolicyState;
  state: TrainerState;
}

/** Reads what `writeCheckpoint` wrote. Throws BadInput when the folder is no checkpoint of ours, or not of what `model` trains. */
export async function readCheckpoint(folder: string, model: ModelConfig): Promise<SavedRun> {
  const file = join(folder, STATE_FILE);
  const state = trainerState.safeParse(readState(file));
  if (!state.success) throw damagedFile(file, 'This is not the state of a run');
  const named = stepOfName(basename(folder));
  if (named !== undefined && named !== state.data.step)
    throw damagedFile(file, `This is the state after step ${state.data.step}, in the checkpoint of step ${named}`);
  const has = (name: string) => existsSync(join(folder, name));
  const weightsFiles = ADAPTER_FILES.some(has) ? ADAPTER_FILES : [WEIGHTS_FILE];
  const missing = [OPTIMIZER_FILE, ...weightsFiles].find((name) => !has(name));
  if (missing !== undefined) throw damagedFile(join(folder, missing), 'This file is missing');

  // The run config names its model, which may have been moved since.
  const saved = readLora(folder);
  if (JSON.stringify(saved) !== JSON.stringify(model.lora)) {
    const message = `This checkpoint was trained with "lora": ${describe(saved)}; set that in the run config, or start a new run.`;
    throw new BadInput(message, { file: folder, isFolder: true });
  }
  const optimizerFile = join(folder, OPTIMIZER_FILE);
  const kept = readSafetensorsHeader(optimizerFile);
  const withPrefix = (prefix: string): TensorEntry[] =>
    kept
      .filter(({ name }) => name.startsWith(prefix))
      .map((entry) => ({ ...entry, name: entry.name.slice(prefix.length) }));
  const read = (entries: TensorEntry[]): Weights => readTrained(entries, model, optimizerFile);
  const optional = (entries: TensorEntry[]) => (entries.length > 0 ? read(entries) : undefined);

  const weights = optional(withPrefix(PREFIX.weights)) ?? read(modelEntries(folder, trainedShapes(model)));
  const means = read(withPrefix(PREFIX.means));
  const squares = read(withPrefix(PREFIX.squares));
  const syncedReference = optional(withPrefix(PREFIX.reference));
  const { updates, lossScale, entropyControl } = state.data;
  const policy = {
    ...{ weights, means, squares, updates, syncedReference },
    ...(lossScale && { lossScale }),
    ...(entropyControl && { entropyControl }),
  };
  return { policy, state: state.data };
}

/** The adapter of a checkpoint alone, by our names, for `model`, which has its `lora`. Throws BadInput when it is one of another model. */
export const readAdapter = (folder: string, model: ModelConfig): Weights =>
  readTrained(modelEntries(folder, trainedShapes(model)), model, folder);

/** The tensors of the checkpoint's model or adapter, by our names. */
function modelEntries(folder: string, shapes: Map<string, number[]>): TensorEntry[] {
  if (!isAdapterFolder(folder)) return readSafetensorsHeader(join(folder, WEIGHTS_FILE));
  const names = new Map([...shapes.keys()].map((name) => [savedName(name), name]));
  return adapterEntries(folder).map((entry) => ({ ...entry, name: names.get(entry.name) ?? entry.name }));
}

/** The run config's `lora`, without what is at its default of nothing. */
function describe(lora: RunConfig['lora'] | undefined): string {
  if (!lora) return 'null';
  const isNothing = (value: unknown) =>
    value === null || value === false || (typeof value === 'object' && Object.keys(value).length === 0);
  return JSON.stringify(Object.fromEntries(Object.entries(lora).filter(([, value]) => !isNothing(value))));
}

/** The tensors, if they are those that are trained. */
function readTrained(entries: TensorEntry[], model: ModelConfig, file: string): Weights {
  const shapes = trainedShapes(model);
  const packing = new Packing(model);
  const wanted = [...shapes].map(([name, shape]) => `${name} ${shape}`).sort();
  const found = entries.map(({ name, shape }) => `${name} ${shape}`).sort();
  if (wanted.join() !== found.join()) {
    const message = 'This checkpoint is of another model than the one that the run config names; start a new run.';
    throw new BadInput(message, { file });
  }
  const byName = new Map(entries.map((entry) => [entry.name, entry]));
  const weights: Weights = {};
  // In the model's own order, which sums over all weights follow: a resumed run equals one that never stopped to the last bit.
  for (const name of shapes.keys()) {
    const entry = byName.get(name)!;
    finite(readTensor(entry, packing.placeIn(weights, name)), entry);
  }
  return weights;
}

function readState(file: string): unknown {
  try {
    return JSON.parse(readText(file, RUN_FILE));
  } catch (error) {
    throw damagedFile(file, `The checkpoint cannot be resumed (${(error as Error).message})`);
  }
}
