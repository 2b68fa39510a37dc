import type { ModelConfig } from '../../src/model/config.ts';
import { packedPlace } from '../../src/model/network/packing.ts';
import { parameterShapes } from '../../src/model/network/parameters.ts';
import { sizeOf } from '../../src/model/shape.ts';
import type { Weights } from '../../src/model/weights-tree.ts';

const common = {
  architecture: 'llama',
  maxPositionEmbeddings: 4096,
  ropeTheta: 100_000,
  ropeScaling: { type: 'none' },
  rmsNormEps: 1e-5,
  tieEmbeddings: true,
  attentionBias: false,
  oBias: false,
  mlpBias: false,
  qkNorm: false,
  eosTokenIds: [],
  bosTokenId: undefined,
  padTokenId: undefined,
} as const;

/** Models of known sizes, without what they learned: SmolLM2-135M, Qwen2.5-0.5B and -1.5B (less its biases), and one to try the command with. */
export const SHAPES: Record<string, ModelConfig> = {
  tiny: shape({ vocabSize: 512, hiddenSize: 64, intermediateSize: 128, layers: 2, heads: 4, kvHeads: 2, headDim: 16 }),
  '135m': shape({
    vocabSize: 49_152,
    hiddenSize: 576,
    intermediateSize: 1536,
    layers: 30,
    heads: 9,
    kvHeads: 3,
    headDim: 64,
  }),
  '0.5b': shape({
    vocabSize: 151_936,
    hiddenSize: 896,
    intermediateSize: 4864,
    layers: 24,
    heads: 14,
    kvHeads: 2,
    headDim: 64,
  }),
  '1.5b': shape({
    vocabSize: 151_936,
    hiddenSize: 1536,
    intermediateSize: 8960,
    layers: 28,
    heads: 12,
    kvHeads: 2,
    headDim: 128,
  }),
};

function shape(
  sizes: Pick<
    ModelConfig,
    'vocabSize' | 'hiddenSize' | 'intermediateSize' | 'layers' | 'heads' | 'kvHeads' | 'headDim'
  >,
): ModelConfig {
  return { ...common, eosTokenIds: [], ...sizes };
}

/** Weights as models start with: small numbers either way, norms at 1. What they are does not change the work. */
export function randomWeights(config: ModelConfig): Weights {
  const shapes = parameterShapes(config);
  const weights: Weights = {};
  let state = 1;
  for (const [name, dimensions] of shapes) {
    const place = packedPlace(weights, shapes, name);
    if (dimensions.length === 1) place.fill(1);
    else
      for (let i = 0; i < place.length; i++) {
        state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0;
        place[i] = state * (0.03 / 2 ** 31);
      }
  }
  return weights;
}

export const parametersOf = (weights: Weights): number =>
  Object.values(weights).reduce((sum, { shape: dimensions }) => sum + sizeOf(dimensions), 0);
