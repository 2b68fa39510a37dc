import { join } from 'node:path';
import { isAdapterFolder } from '../../files/adapter-folder.ts';
import { RUN_FILE } from '../../files/open-file.ts';
import { readText } from '../../files/text.ts';
import type { ModelConfig } from '../../model/config.ts';
import { adapterEntries, readLora, readQuantization, savedName } from '../../model/files/adapter-files.ts';
import { asInModel, conv1dWeights } from '../../model/files/conv1d.ts';
import { damagedFile } from '../../model/files/damaged-file.ts';
import { finite } from '../../model/files/finite.ts';
import { readSafetensorsHeader } from '../../model/files/safetensors.ts';
import { type StoredTensor, storedTensor } from '../../model/files/stored-tensor.ts';
import { WEIGHTS_FILE } from '../../model/files/weights.ts';
import { adaptedModules, loraProblem, savedModules } from '../../model/lora-targets.ts';
import { Packing } from '../../model/packing.ts';
import { trainedShapes } from '../../model/parameters.ts';
import type { Weights } from '../../model/weights-tree.ts';
import { BadInput } from '../../protocol/errors.ts';
import type { RunConfig } from '../../protocol/run-config.ts';
import type { Progress } from './learner.ts';
import type { PolicyState } from './policy-state.ts';

/** What a checkpoint keeps, on the host. */
export interface SavedRun {
  policy: PolicyState;
  progress: Progress;
}

/** How many updates a step has. */
export type UpdateCounts = Pick<RunConfig, 'numIterations' | 'numMiniBatches'>;

/** What a trainer must remember besides tensors: ours, and TRL's in words of its own. */
export const STATE_FILE = 'trainer_state.json';

export function readState(folder: string): unknown {
  const file = join(folder, STATE_FILE);
  try {
    return JSON.parse(readText(file, RUN_FILE));
  } catch (error) {
    throw damagedFile(file, `The checkpoint cannot be resumed (${(error as Error).message})`);
  }
}

/** Throws BadInput where a checkpoint is not of the adapter that is trained. The run config names its model, which may have been moved since. */
export function requireLora(folder: string, model: ModelConfig): void {
  const saved = readLora(folder);
  if (isSameAdapter(saved, model)) {
    requireQuantization(folder, model);
    return;
  }
  const message = `This checkpoint was trained with "lora": ${describe(saved)}; set that in the run config, or start a new run.`;
  throw new BadInput(message, { file: folder, isFolder: true });
}

/** On a base that is rounded otherwise, an adapter is not what it was trained to be. */
function requireQuantization(folder: string, { quantization: wanted }: ModelConfig): void {
  const saved = readQuantization(folder);
  if (saved === wanted) return;
  const was = saved === undefined ? 'in float32' : `in ${saved}`;
  const message = `This checkpoint was trained on a model ${was}; set "quantization" to ${JSON.stringify(saved ?? null)} in the run config, or start a new run.`;
  throw new BadInput(message, { file: folder, isFolder: true });
}

/** Whether it adds the same to the same modules: PEFT lists those that "all-linear" means. */
function isSameAdapter(saved: RunConfig['lora'] | undefined, { lora, ...bare }: ModelConfig): boolean {
  if (!saved || !lora) return !saved && !lora;
  const other = { ...bare, lora: saved };
  if (loraProblem(other)) return false;
  const made = (model: ModelConfig) =>
    JSON.stringify([[...adaptedModules(model)], savedModules(model), model.lora!.useDora]);
  return made(other) === made({ ...bare, lora });
}

/** The run config's `lora`, without what is at its default of nothing. */
function describe(lora: RunConfig['lora'] | undefined): string {
  if (!lora) return 'null';
  const isNothing = (value: unknown) =>
    value === null || value === false || (typeof value === 'object' && Object.keys(value).length === 0);
  return JSON.stringify(Object.fromEntries(Object.entries(lora).filter(([, value]) => !isNothing(value))));
}

/** The adapter of a checkpoint alone, by our names, for `model`, which has its `lora`. Throws BadInput when it is one of another model. */
export const readAdapter = (folder: string, model: ModelConfig): Weights =>
  readTrained(modelTensors(folder, model), model, folder);

/** The tensors of the checkpoint's model or adapter, by our names. */
export function modelTensors(folder: string, model: ModelConfig): StoredTensor[] {
  if (!isAdapterFolder(folder)) {
    const transposed = conv1dWeights(model);
    return readSafetensorsHeader(join(folder, WEIGHTS_FILE)).map((entry) => asInModel(storedTensor(entry), transposed));
  }
  const names = new Map([...trainedShapes(model).keys()].map((name) => [savedName(name), name]));
  return adapterEntries(folder)
    .filter(({ name }) => !name.includes('.base_layer.'))
    .map((entry) => ({ ...storedTensor(entry), name: names.get(entry.name) ?? entry.name }));
}

/** The tensors, if they are those that are trained. Those that are `lacking` are zeros. */
export function readTrained(
  tensors: StoredTensor[],
  model: ModelConfig,
  file: string,
  lacking: ReadonlySet<string> = new Set(),
): Weights {
  const shapes = trainedShapes(model);
  const packing = new Packing(model);
  const wanted = [...shapes].flatMap(([name, shape]) => (lacking.has(name) ? [] : `${name} ${shape}`)).sort();
  const found = tensors.map(({ name, shape }) => `${name} ${shape}`).sort();
  if (wanted.join() !== found.join()) throw otherModel(file);
  const byName = new Map(tensors.map((tensor) => [tensor.name, tensor]));
  const weights: Weights = {};
  // In the model's own order, which sums over all weights follow: a resumed run equals one that never stopped to the last bit.
  for (const name of shapes.keys()) {
    const place = packing.placeIn(weights, name);
    const tensor = byName.get(name);
    if (tensor) finite(tensor.read(place), tensor);
  }
  return weights;
}

export const otherModel = (file: string): BadInput =>
  new BadInput('This checkpoint is of another model than the one that the run config names; start a new run.', {
    file,
  });
