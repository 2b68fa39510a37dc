import type { ModelConfig } from './config.ts';
import { constantNames, trainedShapes } from './parameters.ts';
import { decaysWeight } from './weight-decay.ts';

/**
 * A layer's own norms, which transformers makes after its attention and its MLP: `model.layers.0.input_layernorm.weight`. Not so in GPT-2, whose layers
 * (`transformer.h.0`) are made in the order of the forward pass.
 */
const NORM_OF_LAYER = /^(model\.layers\.\d+)\.[^.]+\.(?:weight|bias)$/;
/** Granite 4 makes its attention last: `model.layers.0.shared_mlp.input_linear.weight`. */
const MADE_FIRST = /^model\.layers\.\d+\.shared_mlp\./;
const LAYER = /^model\.layers\.\d+(?=\.)/;

/**
 * What training changes, by our names, as the optimizer of transformers' Trainer numbers it: in two groups, those that weight decay applies to and
 * the others, each in the order of `model.named_parameters()`. That is the order in which a model makes its modules; ours is that of the forward pass.
 *
 * Source: `Trainer.create_optimizer` of transformers 5.23, and its models' constructors.
 */
export function optimizerGroups(model: ModelConfig): [decayed: string[], others: string[]] {
  const layers = new Map<string, { first: string[]; inner: string[]; norms: string[] }>();
  const constants = constantNames(model);
  for (const name of trainedShapes(model).keys()) {
    if (constants.has(name)) continue;
    // What is in no layer stays where it is, as a layer of its own.
    const layer = LAYER.exec(name)?.[0] ?? name;
    const parts = layers.get(layer) ?? { first: [], inner: [], norms: [] };
    const part = NORM_OF_LAYER.test(name) ? parts.norms : MADE_FIRST.test(name) ? parts.first : parts.inner;
    part.push(name);
    layers.set(layer, parts);
  }
  const names = [...layers.values()].flatMap(({ first, inner, norms }) => [...first, ...inner, ...norms]);
  return [names.filter(decaysWeight), names.filter((name) => !decaysWeight(name))];
}
