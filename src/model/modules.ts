import type { ModelConfig, Positions } from './config.ts';
import { layerModules, normIn } from './layer-modules.ts';
import type { Module } from './module.ts';

type Names = Pick<ModelConfig, 'renamed'>;

export const HEAD = 'lm_head';
/** Of per-layer inputs: the token's, and what is made of its embedding. */
export const PER_LAYER_EMBEDDING = 'model.embed_tokens_per_layer';
export const PER_LAYER_PROJECTION = 'model.per_layer_model_projection';
export const PER_LAYER_NORM = 'model.per_layer_projection_norm';
export const ENCODE = 'model.encode';
export const DECODE = 'model.decode';
/** The decoder in the whole model. */
export const decoderName = (model: Names): string => nameIn(model, 'model');
export const embeddingName = (model: Names): string => nameIn(model, 'model.embed_tokens');
export const positionEmbeddingName = (model: Names): string => nameIn(model, 'model.embed_positions');
export const finalNormName = (model: Names): string => nameIn(model, 'model.norm');
export const layerName = (model: Names, layer: number): string => `${nameIn(model, 'model.layers')}.${layer}`;

/**
 * All modules in the order of the forward pass, but for those of per-layer inputs, which transformers makes last. There is a head even where it
 * has no matrix of its own.
 */
export function modulesOf(model: ModelConfig): Module[] {
  const { hiddenSize, vocabSize, layers, positions } = model;
  if (positions) return positionsModules(model, positions);
  return [
    { name: decoderName(model), kind: 'container' },
    { name: nameIn(model, 'model.layers'), kind: 'container' },
    { name: embeddingName(model), gguf: 'token_embd', kind: 'embedding', words: vocabSize, width: hiddenSize },
    ...positionModules(model),
    ...layers.flatMap((layer, index) => layerModules(layer, model).map((module) => inLayer(module, index, model))),
    { name: finalNormName(model), gguf: 'output_norm', ...normIn(model) },
    ...perLayerModules(model),
    { name: HEAD, gguf: 'output', kind: 'head', outputs: vocabSize, inputs: hiddenSize },
  ];
}

/** Of a model that is no decoder. It has no head: its logits are products with the embeddings. */
const positionsModules = (model: ModelConfig, { promptLength, responseLength }: Positions): Module[] => [
  { name: decoderName(model), kind: 'container' },
  { name: embeddingName(model), kind: 'embedding', words: model.vocabSize, width: model.hiddenSize },
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

/** What the inputs of all layers are made with, side by side. */
function perLayerModules({ perLayerInputs, layers, hiddenSize }: ModelConfig): Module[] {
  if (!perLayerInputs) return [];
  const { vocabSize: words, width } = perLayerInputs;
  const outputs = layers.length * width;
  return [
    { name: PER_LAYER_EMBEDDING, gguf: 'per_layer_token_embd', kind: 'embedding', words, width: outputs },
    {
      name: PER_LAYER_PROJECTION,
      gguf: 'per_layer_model_proj',
      kind: 'linear',
      inputs: hiddenSize,
      outputs,
      bias: false,
    },
    { name: PER_LAYER_NORM, gguf: 'per_layer_proj_norm', kind: 'norm', size: width },
  ];
}

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
