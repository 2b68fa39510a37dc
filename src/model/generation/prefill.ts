import {
  add,
  gather,
  range,
  reshape,
  scalar,
  sub,
  type Tensor,
  type Tensor1D,
  type Tensor2D,
  tile,
} from '@tensorflow/tfjs-core';
import type { ModelConfig } from '../config.ts';
import { causalAttention } from '../network/attention.ts';
import { deltaRuleInGrid } from '../network/chunks.ts';
import { decode, logitsOf, type Parameters } from '../network/decoder.ts';
import { rowsBeforeInGrid } from '../network/earlier-rows.ts';
import { packAdapters } from '../network/lora.ts';
import { repeatRows } from '../network/masks.ts';
import type { Mixing } from '../network/mixing.ts';
import { rotaryTables } from '../network/rotary.ts';
import { promptKeyValues } from '../network/split-attention.ts';
import type { Caches, States } from './caches.ts';
import { earlyEndPenalty, type GenerateOptions } from './ends.ts';
import { sampleToken } from './sampling.ts';

export type PrefillInputs = {
  params: Parameters;
  /** int32 [prompts, promptLength], padding to the right. */
  promptIds: Tensor;
  /** int32 [prompts]. */
  promptLengths: Tensor;
  /** In [0, 1), one per completion: [prompts · group]. */
  uniforms: Tensor;
};
/** The first token of every completion, [prompts · group], and what the mixers remember of the prompts: [prompts · kvHeads, promptLength, headDim]. */
export type PrefillOutputs = { ids: Tensor; logProbs: Tensor; prompts: Caches; states: States };

/** Computes each prompt once, and draws the first token of its completions. */
export function prefillProgram(config: ModelConfig, options: GenerateOptions) {
  return ({ params, promptIds, promptLengths, uniforms }: PrefillInputs): PrefillOutputs => {
    const adapted = packAdapters(params, config);
    const { logits, prompts, states } = prefillPrompts(
      adapted,
      config,
      promptIds as Tensor2D,
      promptLengths as Tensor1D,
    );
    const step = scalar(0, 'int32');
    const perCompletion = repeatRows(logits, options.group) as Tensor2D;
    const first = sampleToken(perCompletion, uniforms as Tensor1D, options, earlyEndPenalty(config, step, options));
    return { ...first, prompts, states };
  };
}

/** Runs the prompts through the model: next-token logits [prompts, vocabulary] and what every layer's mixer remembers. */
function prefillPrompts(params: Parameters, config: ModelConfig, ids: Tensor2D, lengths: Tensor1D) {
  const [prompts, length] = ids.shape;
  const caches: Caches = {};
  const states: States = {};
  const columns = range(0, length, 1, 'int32');
  const causal = causalAttention(config, prompts, columns);
  const mixing: Mixing = {
    attend(layer, mixer, projections) {
      if (mixer.sharedFrom === undefined) {
        const { keys, values } = promptKeyValues(mixer, projections, prompts);
        caches[`keys${layer}`] = keys;
        caches[`values${layer}`] = values;
      }
      return causal(layer, mixer, projections);
    },
    before(layer, x, count) {
      const { rows, state } = rowsBeforeInGrid(x, lengths, count);
      states[`rows${layer}`] = state;
      return rows;
    },
    deltaRule(layer, _, tokens) {
      const { outputs, state } = deltaRuleInGrid(tokens, lengths);
      states[`memory${layer}`] = state;
      return outputs;
    },
  };
  const positions = { of: tile(columns, [prompts]) as Tensor1D, tables: rotaryTables(config, length) };
  const hidden = decode(params, config, reshape(ids, [prompts * length]) as Tensor1D, positions, mixing);
  const last = add(range(0, prompts * length, length, 'int32'), sub(lengths, scalar(1, 'int32'))) as Tensor1D;
  return { logits: logitsOf(params, config, gather(hidden, last) as Tensor2D), prompts: caches, states };
}
