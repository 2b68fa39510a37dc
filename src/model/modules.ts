import type { ModelConfig, Positions } from './config.ts';
import { layerModules, normIn } from './layer-modules.ts';
import type { Module } from './module.ts';

type Names = Pick<ModelConfig, 'renamed'>;

export const HEAD = 'lm_head';
export const ENCODE = 'model.encode';
export const DECODE = 'model.decode';
/** The decoder in the whole model. */
export const decoderName = (model: Names): string => nameIn(model, 'model');
export const embeddingName = (model: Names): string => nameIn(model, 'model.embed_tokens');
export const positionEmbeddingName = (model: Names): string => nameIn(model, 'model.embed_positions');
export const finalNormName = (model: Names): string => nameIn(model, 'model.norm');
export const layerName = (model: Names, layer: number): string => `${nameIn(model, 'model.layers')}.${layer}`;

/** All modules in the order of the forward pass. There is a head even where it has no matrix of its own. */
export function modulesOf(model: ModelConfig): Module[] {
  const { hiddenSize, vocabSize, layers, positions } = model;
  if (positions) return positionsModules(model, positions);
  return [
    { name: decoderName(model), kind: 'container' },
    { name: nameIn(model, 'model.layers'), kind: 'container' },
    { name: embeddingName(model), gguf: 'token_embd', kind: 'embedding' },
    ...positionModules(model),
    ...layers.flatMap((layer, index) => layerModules(layer, model).map((module) => inLayer(module, index, model))),
    { name: finalNormName(model), gguf: 'output_norm', ...normIn(model) },
    { name: HEAD, gguf: 'output', kind: 'head', outputs: vocabSize, inputs: hiddenSize },
  ];
}

/** Of a model that is no decoder. It has no head: its logits are products with the embeddings. */
const positionsModules = (model: ModelConfig, { promptLength, responseLength }: Positions): Module[] => [
  { name: decoderName(model), kind: 'container' },
  { name: embeddingName(model), kind: 'embedding' },
  { name: ENCODE, kind: 'positions', positions: promptLength, size: model.hiddenSize },
  { name: DECODE, kind: 'positions', positions: responseLength, size: model.hiddenSize },
];

/** What says where tokens are, besides attention. */
const positionModules = (model: ModelConfig): Module[] =>
  model.learnsPositions
    ? [
        {
          ...{ name: positionEmbeddingName(model), gguf: 'position_embd' },
          ...{ kind: 'position-embedding', positions: model.maxPositionEmbeddings },
        },
        { name: `${decoderName(model)}.drop`, kind: 'container' },
      ]
    : [{ name: `${decoderName(model)}.rotary_emb`, kind: 'container' }];

/** What transformers calls a module of the model, or of one of its layers, that has this name in Llama. */
export const nameIn = ({ renamed }: Names, name: string): string => renamed?.[name] ?? name;

/** A module of a layer with its names in the whole model. */
function inLayer<M extends Module>(module: M, layer: number, model: ModelConfig): M {
  const pathOf = (name: string) => `${layerName(model, layer)}${name}`;
  return {
    ...module,
    name: pathOf(module.name && `.${nameIn(model, module.name.slice(1))}`),
    ...(module.gguf && { gguf: `blk.${layer}.${module.gguf}` }),
    ...('pack' in module && module.pack && { pack: pathOf(module.pack) }),
  };
}
