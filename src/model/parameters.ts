import type { ModelConfig } from './config.ts';
import { adaptedModules, savedModules } from './lora-targets.ts';
import type { Module } from './module.ts';
import { modulesOf } from './modules.ts';
import { sizeOf } from './shape.ts';

/**
 * The model's trainable tensors: Hugging Face names to shapes, in the order of the forward pass.
 * A linear layer's weight is [out, in]. With tied embeddings there is no `lm_head.weight`. The tensors of an adapter follow the modules
 * that they belong to: `lora_A` [r, in] and `lora_B` [out, r], for the embeddings `lora_embedding_A` [r, vocabulary] and `lora_embedding_B`
 * [hidden, r]; with DoRA `lora_magnitude_vector` [out]; and the copy of a matrix that is trained in full.
 */
export function parameterShapes(config: ModelConfig): Map<string, number[]> {
  const { vocabSize, hiddenSize, lora } = config;
  const shapes = new Map<string, number[]>();
  const adapted = adaptedModules(config);
  const saved = savedModules(config);

  const adapter = (module: string, outputs: number, inputs: number, kind: 'lora' | 'lora_embedding' = 'lora') => {
    const r = adapted.get(module)?.r;
    if (r === undefined) return;
    const suffix = kind === 'lora' ? '.weight' : '';
    shapes.set(`${module}.${kind}_A${suffix}`, [r, inputs]);
    shapes.set(`${module}.${kind}_B${suffix}`, [outputs, r]);
    if (lora!.useDora) shapes.set(`${module}.lora_magnitude_vector`, [outputs]);
  };
  for (const module of modulesOf(config)) {
    const { name } = module;
    for (const [kind, shape] of ownTensors(module, config)) shapes.set(`${name}.${kind}`, shape);
    if (module.kind === 'embedding') adapter(name, module.width, module.words, 'lora_embedding');
    if (module.kind === 'linear' || module.kind === 'head') adapter(name, module.outputs, module.inputs);
    if (saved.includes(name)) shapes.set(`${name}.modules_to_save.weight`, [vocabSize, hiddenSize]);
  }
  return shapes;
}

/** A module's tensors without an adapter's: their shapes, by what follows the module's name. */
export function ownTensors(module: Module, { hiddenSize, tieEmbeddings }: ModelConfig): [string, number[]][] {
  switch (module.kind) {
    case 'embedding':
      return [['weight', [module.words, module.width]]];
    case 'position-embedding':
      return [['weight', [module.positions, hiddenSize]]];
    case 'norm': {
      const weight: [string, number[]] = ['weight', [module.size]];
      return module.bias ? [weight, ['bias', [module.size]]] : [weight];
    }
    case 'head':
      return tieEmbeddings ? [] : [['weight', [module.outputs, module.inputs]]];
    case 'linear': {
      const weight: [string, number[]] = ['weight', [module.outputs, module.inputs]];
      return module.bias ? [weight, ['bias', [module.outputs]]] : [weight];
    }
    case 'convolution': {
      const weight: [string, number[]] = ['weight', [module.channels, 1, module.width]];
      return module.bias ? [weight, ['bias', [module.channels]]] : [weight];
    }
    case 'positions':
      return [['weight', [module.positions, module.size, module.size]]];
    case 'parameters':
      return Object.entries(module.sizes).map(([name, size]) => [name, [size]]);
    case 'container':
      return [];
    default:
      return module satisfies never;
  }
}

/** Those of them that belong to the adapter; none without one. */
export function adapterShapes(config: ModelConfig): Map<string, number[]> {
  return new Map([...parameterShapes(config)].filter(([name]) => isAdapterTensor(name)));
}

/** What training may change: the adapter's tensors where there is one, else all. */
export const trainedShapes = (config: ModelConfig): Map<string, number[]> =>
  config.lora ? adapterShapes(config) : parameterShapes(config);

/** Those of the model's own tensors that training leaves as they are. */
export function constantNames(config: ModelConfig): Set<string> {
  const constants = modulesOf(config).filter((module) => module.kind === 'parameters' && module.constant);
  return new Set(constants.flatMap((module) => ownTensors(module, config).map(([kind]) => `${module.name}.${kind}`)));
}

const isAdapterTensor = (name: string): boolean =>
  /\.(lora_[AB]\.weight|lora_embedding_[AB]|lora_magnitude_vector|modules_to_save\.weight)$/.test(name);

/** How many numbers they are. */
export function parameterCount(config: ModelConfig): number {
  return [...parameterShapes(config).values()].reduce((sum, shape) => sum + sizeOf(shape), 0);
}
