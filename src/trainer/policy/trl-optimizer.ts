import type { ModelConfig } from '../../model/config.ts';
import { asInModel, conv1dWeights, fileShapes } from '../../model/files/conv1d.ts';
import { readTensor } from '../../model/files/safetensors.ts';
import { type StoredTensor, storedTensor } from '../../model/files/stored-tensor.ts';
import { readTorchFile, TorchTensor } from '../../model/files/torch-file.ts';
import type { Pickled } from '../../model/files/unpickle.ts';
import { trainedShapes } from '../../model/parameters.ts';
import { optimizerGroups } from '../../model/torch-order.ts';
import { BadInput } from '../../protocol/errors.ts';

/** AdamW as torch's optimizer keeps it. */
export interface TorchAdamW {
  /** Updates so far. */
  updates: number;
  /** By our names. */
  means: StoredTensor[];
  squares: StoredTensor[];
  /** The settings of its first group: `lr`, `betas`, `eps`, `weight_decay`. */
  settings: ReadonlyMap<Pickled, Pickled>;
}

/** Where torch's AdamW has the two running means. */
const MEANS = 'exp_avg';
const SQUARES = 'exp_avg_sq';

/**
 * Reads `optimizer.pt` of transformers' Trainer for what `model` trains. It has no names: parameters are numbered through its groups. Throws
 * BadInput for another optimizer's state, and for one that does not fit.
 */
export function readTorchAdamW(file: string, model: ModelConfig): TorchAdamW {
  const refuse = (message: string): never => {
    throw new BadInput(message, { file });
  };
  const saved = readTorchFile(file);
  const state = isMap(saved) && saved.get('state');
  const groups = isMap(saved) && saved.get('param_groups');
  if (!isMap(state) || !Array.isArray(groups) || !groups.every(isMap) || groups.length === 0)
    return refuse("The file is not the state of one of torch's optimizers.");
  const first = state.values().next().value;
  const kept = isMap(first) ? [...first.keys()].filter((key) => typeof key === 'string') : [];
  if (kept.some((key) => /^(state[12]|qmap[12]|absmax[12])$/.test(key)))
    return refuse(`This is the state of an 8-bit optimizer, which is not read; ${SUPPORTED}.`);
  if (![MEANS, SQUARES, 'step'].every((key) => kept.includes(key)) || kept.includes('max_exp_avg_sq'))
    return refuse(
      `This is not the state of AdamW (it keeps ${kept.slice(0, 5).join(', ') || 'nothing'}); ${SUPPORTED}.`,
    );

  const names = optimizerGroups(model).flat();
  const numbers = groups.flatMap((group) => [group.get('params')].flat());
  if (numbers.length !== names.length)
    return refuse(
      `The optimizer has ${numbers.length} tensors, but the model of the run config trains ${names.length}; this checkpoint is of another model or adapter.`,
    );
  const shapes = model.lora ? trainedShapes(model) : fileShapes(model);
  const updates = new Set<number>();
  const transposed = conv1dWeights(model);
  const [means, squares]: [StoredTensor[], StoredTensor[]] = [[], []];
  for (const [index, name] of names.entries()) {
    const own = state.get(numbers[index]);
    const [mean, square, step] = [MEANS, SQUARES, 'step'].map((key) => (isMap(own) ? own.get(key) : undefined));
    if (!(mean instanceof TorchTensor && square instanceof TorchTensor))
      return refuse(`The optimizer has no state for ${name}.`);
    const shape = shapes.get(name)!.join(', ');
    const other = [mean, square].find((tensor) => tensor.shape.join(', ') !== shape);
    if (other)
      return refuse(
        `The optimizer has [${other.shape.join(', ')}] where ${name} of the run config's model is [${shape}]; this checkpoint is of another model or adapter.`,
      );
    means.push(asInModel({ ...storedTensor(mean), name }, transposed));
    squares.push(asInModel({ ...storedTensor(square), name }, transposed));
    updates.add(step instanceof TorchTensor ? readTensor(step)[0]! : typeof step === 'number' ? step : Number.NaN);
  }
  const [count, ...others] = updates;
  if (others.length > 0 || !Number.isSafeInteger(count))
    return refuse('The optimizer has not updated all tensors equally often, which cannot be continued here.');
  return { updates: count!, means, squares, settings: groups[0]! };
}

const SUPPORTED =
  'only that of AdamW in full is (optim="adamw_torch" or "adamw_torch_fused"); name the checkpoint as "model" to start a new run from its weights';

const isMap = (value: Pickled): value is Map<Pickled, Pickled> => value instanceof Map;
