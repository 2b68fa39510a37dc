import { type GatedDeltaNet, isAttention, type ModelDescription } from '../config.ts';
import type { Module } from '../module.ts';
import { sizeOf } from '../shape.ts';
import type { GgufForm, GgufOrder } from './architecture.ts';
import { stretchedRotary } from './rotary-fields.ts';

/** Every fourth layer has attention, where the file does not say otherwise. */
const INTERVAL = 4;
/** What transformers adds to the squares of queries and keys before it takes their root. llama.cpp adds what norms do. */
const EPSILON = 1e-6;

/** How llama.cpp keeps Qwen 3.5: its gated delta nets are described in the words of state-space models. */
export const qwen35Gguf: GgufForm = {
  name: 'qwen35',
  names: { ffn_norm: 'post_attention_norm' },
  fields({ number, list, rope }) {
    // The last ones predict the tokens after the next.
    const layers = number('block_count')! - (number('nextn_predict_layers') ?? 0);
    const interval = number('full_attention_interval') ?? INTERVAL;
    const recurrent = list('attention.recurrent_layers');
    const isRecurrent = (layer: number) => (recurrent ? Boolean(recurrent[layer]) : (layer + 1) % interval !== 0);
    const valueHeads = number('ssm.time_step_rank')!;
    return {
      num_hidden_layers: layers,
      layer_types: Array.from({ length: layers }, (_, layer) =>
        isRecurrent(layer) ? 'linear_attention' : 'full_attention',
      ),
      partial_rotary_factor: rope.partial_rotary_factor ?? 1,
      linear_conv_kernel_dim: number('ssm.conv_kernel'),
      linear_key_head_dim: number('ssm.state_size'),
      linear_value_head_dim: number('ssm.inner_size')! / valueHeads,
      linear_num_key_heads: number('ssm.group_count'),
      linear_num_value_heads: valueHeads,
    };
  },
  passedOver: (tensor, { layers }) => Number(/^blk\.(\d+)\./.exec(tensor)?.[1]) >= layers.length,
  order(module, shape, { layers }) {
    const mixer = deltaNetOf({ layers });
    return mixer && tiledHeads(module, shape, mixer);
  },
  writes: {
    hasKindsOfLayers: true,
    metadata(model) {
      const { width, keyWidth, keyHeads, valueWidth, valueHeads } = deltaNetOf(model)!;
      const pairs = Object.values(model.rotary)[0]!.width / 2;
      const uint32 = (value: number) => ({ type: 'uint32', value }) as const;
      return {
        'ssm.conv_kernel': uint32(width),
        'ssm.state_size': uint32(keyWidth),
        'ssm.group_count': uint32(keyHeads),
        'ssm.time_step_rank': uint32(valueHeads),
        'ssm.inner_size': uint32(valueHeads * valueWidth),
        'attention.recurrent_layers': { type: 'bools', value: model.layers.map(({ mixer }) => !isAttention(mixer)) },
        full_attention_interval: uint32(intervalOf(model)),
        // The pairs of features whose angle is that of time, height and width take turns; in texts all three are the same.
        'rope.dimension_sections': { type: 'int32s', value: [0, 1, 2, 3].map((axis) => shareOf(axis, pairs)) },
      };
    },
    problem: writingProblem,
  },
};

const shareOf = (axis: number, pairs: number): number => (axis === 3 ? 0 : Math.ceil((pairs - axis) / 3));

const deltaNetOf = ({ layers }: Pick<ModelDescription, 'layers'>): GatedDeltaNet | undefined =>
  layers.map(({ mixer }) => mixer).find((mixer) => mixer.kind === 'gated-delta-net');

const intervalOf = ({ layers }: ModelDescription): number => layers.findIndex(({ mixer }) => isAttention(mixer)) + 1;

function writingProblem(model: ModelDescription): string | undefined {
  const mixer = deltaNetOf(model);
  if (!mixer) return 'llama.cpp has no Qwen 3.5 without gated delta nets';
  if (mixer.keyWidth !== mixer.valueWidth)
    return 'llama.cpp has only delta nets whose "linear_key_head_dim" is "linear_value_head_dim"';
  if (mixer.width === 1) return 'llama.cpp has no convolutions over a single token ("linear_conv_kernel_dim")';
  if (mixer.normEps !== EPSILON)
    return `llama.cpp norms queries and keys of delta nets with "rms_norm_eps", which must be ${EPSILON}`;
  const every = intervalOf(model);
  // Older versions of llama.cpp know them by their interval alone.
  if (model.layers.some(({ mixer }, layer) => isAttention(mixer) !== ((layer + 1) % every === 0)))
    return 'llama.cpp wants attention in every nth layer and in no others';
  if (model.layers.some(({ mixer }) => isAttention(mixer) && (mixer.qkvBias || mixer.outputBias)))
    return 'llama.cpp has no biases in Qwen 3.5 ("attention_bias")';
  return stretchedRotary(model);
}

/**
 * The order of value heads. In transformers those that share a key head follow one another; in llama.cpp the first ones of all key heads come
 * first, then the second ones.
 */
function tiledHeads(
  { gguf = '' }: Module,
  [, ...others]: readonly number[],
  { keyHeads, keyWidth, valueHeads, valueWidth }: GatedDeltaNet,
): GgufOrder | undefined {
  const shared = valueHeads / keyHeads;
  const tiled = (head: number) => (head % shared) * keyHeads + Math.floor(head / shared);
  const rows = (width: number, first = 0): GgufOrder => ({
    size: sizeOf(others),
    place(row) {
      const value = row - first;
      return value < 0 ? row : first + tiled(Math.floor(value / width)) * width + (value % width);
    },
  });
  switch (gguf.split('.').at(-1)) {
    case 'attn_qkv':
    case 'ssm_conv1d':
      return rows(valueWidth, 2 * keyHeads * keyWidth);
    case 'attn_gate':
      return rows(valueWidth);
    case 'ssm':
    case 'ssm_alpha':
    case 'ssm_beta':
      return rows(1);
    case 'ssm_out':
      // Its columns.
      return {
        size: valueWidth,
        place: (run) => run - (run % valueHeads) + tiled(run % valueHeads),
      };
    default:
      return undefined;
  }
}
