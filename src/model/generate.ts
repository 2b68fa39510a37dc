import {
  add,
  all,
  cast,
  concat,
  equal,
  expandDims,
  gather,
  less,
  logicalNot,
  logicalOr,
  mul,
  range,
  reshape,
  scalar,
  sub,
  type Tensor,
  type Tensor1D,
  type Tensor2D,
  tensor1d,
  tile,
  zeros,
} from '@tensorflow/tfjs-core';
import { loop } from '../engine/loop.ts';
import {
  appendToCache,
  causalAttention,
  hidePadding,
  type KeyValues,
  promptKeyValues,
  repeatRows,
  splitAttention,
} from './attention.ts';
import type { ModelConfig } from './config.ts';
import { type Attend, decode, logitsOf, type Parameters, packProjections } from './decoder.ts';
import { type SamplingOptions, sampleToken } from './sampling.ts';

export interface GenerateOptions extends SamplingOptions {
  /** Completions per prompt. */
  group: number;
  /** Any of these ends a completion. */
  eosTokenIds: number[];
  /** No end before this many tokens. */
  minTokens: number;
}

export type GenerateInputs = {
  params: Parameters;
  /** int32 [prompts, promptLength], padding to the right. */
  promptIds: Tensor;
  /** int32 [prompts]. */
  promptLengths: Tensor;
  /** In [0, 1), one per token to draw: [maxTokens, prompts · group]. */
  uniforms: Tensor;
};

/** Tokens and their log-probabilities, [steps, prompts · group]; steps ≤ maxTokens. What follows a row's end token is noise. */
export type GenerateOutputs = { ids: Tensor; logProbs: Tensor };

/**
 * The whole generation as one program: the prompts' prefill once per prompt, then a loop that decodes one token for each completion of
 * each group until all have ended.
 */
export function generateProgram(
  config: ModelConfig,
  options: GenerateOptions,
): (inputs: GenerateInputs) => GenerateOutputs {
  return ({ params: unpacked, promptIds, promptLengths, uniforms }) => {
    const params = packProjections(unpacked, config);
    const [prompts, promptLength] = promptIds.shape as [number, number];
    const [maxTokens, rows] = uniforms.shape as [number, number];
    const layout = { prompts, group: options.group, length: 1 };

    const prefill = prefillPrompts(params, config, promptIds as Tensor2D, promptLengths as Tensor1D);
    const perCompletion = (x: Tensor) => repeatRows(x, options.group);
    const masks = { prompt: hidePadding(config, promptLengths, promptLength) };
    const firstPositions = perCompletion(promptLengths) as Tensor1D;

    const draw = (logits: Tensor2D, step: Tensor) => {
      const u = reshape(gather(uniforms, reshape(step, [1])), [rows]) as Tensor1D;
      return sampleToken(logits, u, options, earlyEndPenalty(config, step, options));
    };
    const first = draw(perCompletion(prefill.logits) as Tensor2D, scalar(0, 'int32'));

    const noCache = () => zeros([prompts * config.kvHeads * options.group, 0, config.headDim]) as Tensor;
    const caches = prefill.keyValues.flatMap((_, layer) => [`keys${layer}`, `values${layer}`]);
    const { emitted } = loop({
      maxSteps: scalar(maxTokens - 1, 'int32'),
      state: {
        ids: first.ids as Tensor,
        ended: isOneOf(first.ids, options.eosTokenIds),
        ...Object.fromEntries(caches.map((name) => [name, noCache()])),
      } as Record<string, Tensor>,
      growing: Object.fromEntries(caches.map((name) => [name, 1])),
      body(step, state) {
        const grown: Record<string, Tensor> = {};
        const attend: Attend = (layer, { queries, keys, values }) => {
          const generated: KeyValues = {
            keys: appendToCache(state[`keys${layer}`]!, keys, layout),
            values: appendToCache(state[`values${layer}`]!, values, layout),
          };
          grown[`keys${layer}`] = generated.keys;
          grown[`values${layer}`] = generated.values;
          return splitAttention(config, layout, queries, prefill.keyValues[layer]!, generated, masks);
        };
        const hidden = decode(
          params,
          config,
          state.ids as Tensor1D,
          { of: add(firstPositions, step), below: promptLength + maxTokens },
          attend,
        );
        const { ids, logProbs } = draw(logitsOf(params, config, hidden), add(step, scalar(1, 'int32')));
        const ended = logicalOr(state.ended!, isOneOf(ids, options.eosTokenIds));
        return {
          state: { ids, ended, ...grown },
          emit: { ids: ids as Tensor, logProbs: logProbs as Tensor },
          proceed: logicalNot(all(ended)),
        };
      },
    });
    return {
      ids: concat([expandDims(first.ids, 0), emitted.ids], 0),
      logProbs: concat([expandDims(first.logProbs, 0), emitted.logProbs], 0),
    };
  };
}

/** Runs the prompts through the model: next-token logits [prompts, vocabulary] and every layer's keys and values. */
function prefillPrompts(params: Parameters, config: ModelConfig, ids: Tensor2D, lengths: Tensor1D) {
  const [prompts, length] = ids.shape;
  const keyValues: KeyValues[] = [];
  const causal = causalAttention(config, prompts, length);
  const attend: Attend = (layer, projections) => {
    keyValues.push(promptKeyValues(config, projections, prompts));
    return causal(layer, projections);
  };
  const positions = { of: tile(range(0, length, 1, 'int32'), [prompts]) as Tensor1D, below: length };
  const hidden = decode(params, config, reshape(ids, [prompts * length]) as Tensor1D, positions, attend);
  const last = add(range(0, prompts * length, length, 'int32'), sub(lengths, scalar(1, 'int32'))) as Tensor1D;
  return { logits: logitsOf(params, config, gather(hidden, last) as Tensor2D), keyValues };
}

/** Added to logits before drawing: puts the end tokens out of reach until `minTokens` tokens were drawn. */
function earlyEndPenalty(
  { vocabSize }: ModelConfig,
  step: Tensor,
  { minTokens, eosTokenIds }: GenerateOptions,
): Tensor | undefined {
  if (minTokens === 0) return undefined;
  const ends = tensor1d(Array.from({ length: vocabSize }, (_, id) => (eosTokenIds.includes(id) ? -1e9 : 0)));
  return mul(ends, cast(less(step, scalar(minTokens, 'int32')), 'float32'));
}

function isOneOf(ids: Tensor, candidates: number[]): Tensor {
  return candidates
    .map((id) => equal(ids, scalar(id, 'int32')))
    .reduce((either: Tensor, one) => logicalOr(either, one), cast(zeros(ids.shape), 'bool'));
}
