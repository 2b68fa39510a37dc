import { llama } from '../../src/model/architectures/llama.ts';
import type { ModelConfig } from '../../src/model/config.ts';
import { Packing } from '../../src/model/packing.ts';
import { parameterShapes } from '../../src/model/parameters.ts';
import { sizeOf } from '../../src/model/shape.ts';
import type { Weights } from '../../src/model/weights-tree.ts';
import { RandomValues } from '../random-values.ts';

/** What differs between models of Llama's kind, as `peer.py` reads it too. */
export interface GpuShape {
  vocabSize: number;
  hiddenSize: number;
  intermediateSize: number;
  layers: number;
  heads: number;
  kvHeads: number;
  headDim: number;
  ropeTheta: number;
}

const COMMON = { ropeTheta: 100_000 };

/** Models of known sizes, without what they learned: SmolLM2-135M, Qwen2.5-0.5B and -1.5B (less its biases), and one to try the command with. */
export const SHAPES: Record<string, GpuShape> = {
  tiny: {
    ...COMMON,
    vocabSize: 512,
    hiddenSize: 64,
    intermediateSize: 128,
    layers: 2,
    heads: 4,
    kvHeads: 2,
    headDim: 16,
  },
  '135m': {
    ...COMMON,
    vocabSize: 49_152,
    hiddenSize: 576,
    intermediateSize: 1536,
    layers: 30,
    heads: 9,
    kvHeads: 3,
    headDim: 64,
  },
  '0.5b': {
    ...COMMON,
    vocabSize: 151_936,
    hiddenSize: 896,
    intermediateSize: 4864,
    layers: 24,
    heads: 14,
    kvHeads: 2,
    headDim: 64,
  },
  '1.5b': {
    ...COMMON,
    vocabSize: 151_936,
    hiddenSize: 1536,
    intermediateSize: 8960,
    layers: 28,
    heads: 12,
    kvHeads: 2,
    headDim: 128,
  },
};

export function modelOf(shape: GpuShape): ModelConfig {
  const fields = {
    vocab_size: shape.vocabSize,
    hidden_size: shape.hiddenSize,
    intermediate_size: shape.intermediateSize,
    num_hidden_layers: shape.layers,
    num_attention_heads: shape.heads,
    num_key_value_heads: shape.kvHeads,
    head_dim: shape.headDim,
    max_position_embeddings: 4096,
    rope_theta: shape.ropeTheta,
    rms_norm_eps: 1e-5,
    tie_word_embeddings: true,
  };
  return { ...llama.describe(fields, 'config.json'), eosTokenIds: [], bosTokenId: undefined, padTokenId: undefined };
}

/** Weights as models start with: small numbers either way, norms at 1. What they are does not change the work. */
export function randomWeights(config: ModelConfig): Weights {
  const packing = new Packing(config);
  const weights: Weights = {};
  const random = new RandomValues();
  for (const [name, dimensions] of parameterShapes(config))
    random.fill(packing.placeIn(weights, name), dimensions.length);
  return weights;
}

export const parametersOf = (weights: Weights): number =>
  Object.values(weights).reduce((sum, { shape: dimensions }) => sum + sizeOf(dimensions), 0);
