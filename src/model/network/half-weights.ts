import type { Engine } from '../../engine/engine.ts';
import type { ModelConfig } from '../config.ts';
import { modulesOf } from '../modules.ts';
import type { Weights } from '../weights-tree.ts';

/**
 * Weights on the device as programs compute with them: on a `half` engine the layers' projections in float16, which makes their products
 * float16. Norms stay float32, and so do the embeddings and the vocabulary's matrix: with it in float16, log-probabilities of SmolLM2-135M
 * are off by 0.037 instead of 0.023 (root mean square), and embeddings in float32 make the sum that runs through the layers float32.
 */
export async function computeCopies(engine: Engine, config: ModelConfig, weights: Weights): Promise<Weights> {
  const isProjection = projectionTest(config);
  const halves = Object.keys(weights).filter(
    (name) => engine.half && isProjection(name) && weights[name]!.dtype === 'float32',
  );
  const pick = (wanted: (name: string) => boolean): Weights =>
    Object.fromEntries(Object.entries(weights).filter(([name]) => wanted(name)));
  const copies = {
    ...(await engine.upload(pick((name) => !halves.includes(name)))),
    ...(halves.length > 0 && (await engine.toHalf(pick((name) => halves.includes(name))))),
  };
  return Object.fromEntries(Object.keys(weights).map((name) => [name, copies[name]!]));
}

/**
 * Tells by its name whether a tensor is of a linear layer of the decoder, packed or not, or what an adapter adds to it. Lengths of its rows,
 * which are learned as such, stay in float32.
 */
export function projectionTest(config: ModelConfig): (name: string) => boolean {
  const modules = modulesOf(config).flatMap((module) =>
    module.kind === 'linear' ? [module.name, ...(module.pack ? [module.pack] : [])] : [],
  );
  const projections = new Set(modules);
  return (name) => projections.has(name.replace(/\.(weight|bias|lora_[AB]\.weight)$/, ''));
}
