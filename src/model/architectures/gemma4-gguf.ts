import type { AttentionModel } from '../config.ts';
import type { GgufField, GgufFile, GgufForm } from './architecture.ts';
import { windowOf } from './gemma-gguf.ts';
import { FULL, type LayerType, SLIDING } from './gemma4-heads.ts';
import { layerTypesInGguf } from './window-pattern-gguf.ts';

/** Where the file does not say otherwise. */
const DEFAULTS = { windowTheta: 10_000, logitCap: 30 };
/** Without `attention.sliding_window_pattern`, which llama.cpp wants. */
const PATTERN = 6;

/** How llama.cpp keeps Gemma 4: the heads of full layers under the names that all models have, those of layers with windows under their own. */
export const gemma4Gguf: GgufForm = {
  name: 'gemma4',
  scalings: ['proportional'],
  fields(file) {
    const { has, rows, number, rope } = file;
    const types = layerTypesInGguf(file, PATTERN) as LayerType[];
    const widths = perLayer(file, 'feed_forward_length', types.length);
    const kvHeads = perLayer(file, 'attention.head_count_kv', types.length);
    const ofFullLayers = (layer: number) => ({
      head_dim: number('attention.key_length'),
      num_key_value_heads: kvHeads[layer],
    });
    const headDim = number('attention.key_length_swa') ?? number('attention.key_length')!;
    return {
      hidden_activation: 'gelu_pytorch_tanh',
      intermediate_size: widths[0],
      use_double_wide_mlp: widths.at(-1) === 2 * widths[0]!,
      head_dim: headDim,
      num_key_value_heads: kvHeads[Math.max(0, types.indexOf(SLIDING))],
      per_layer_config: Object.fromEntries(
        types.flatMap((type, layer) => (type === FULL ? [[layer, ofFullLayers(layer)] as const] : [])),
      ),
      attention_k_eq_v: !has(`blk.${types.indexOf(FULL)}.attn_v.weight`),
      num_kv_shared_layers: number('attention.shared_kv_layers') ?? 0,
      layer_types: types,
      sliding_window: number('attention.sliding_window'),
      rope_parameters: {
        [FULL]: rope,
        [SLIDING]: {
          rope_type: 'default',
          rope_theta: number('rope.freq_base_swa') ?? DEFAULTS.windowTheta,
          partial_rotary_factor: (number('rope.dimension_count_swa') ?? headDim) / headDim,
        },
      },
      rope_theta: undefined,
      rope_scaling: undefined,
      final_logit_softcapping: (number('final_logit_softcapping') ?? DEFAULTS.logitCap) || null,
      hidden_size_per_layer_input: number('embedding_length_per_layer_input') ?? 0,
      vocab_size_per_layer_input: rows('per_layer_token_embd.weight'),
    };
  },
  // Files have them of layers that share keys and values as well.
  passedOver: (tensor, { layers }) => {
    const layer = /^blk\.(\d+)\.attn_(?:k|v|k_norm)\.weight$/.exec(tensor)?.[1];
    const mixer = layer === undefined ? undefined : layers[Number(layer)]?.mixer;
    return mixer?.kind === 'attention' && mixer.sharedFrom !== undefined;
  },
  writes: {
    hasKindsOfLayers: true,
    metadata(model: AttentionModel) {
      const { layers, perLayerInputs, logitCap, rotary } = model;
      const uint32 = (value: number) => ({ type: 'uint32', value }) as const;
      const full = layers.at(-1)!.mixer;
      const windowed = layers.find(({ mixer }) => mixer.window !== undefined)!.mixer;
      return {
        feed_forward_length: oneOrAll(layers.map(({ mlp }) => mlp.intermediateSize)),
        'attention.head_count_kv': oneOrAll(layers.map(({ mixer }) => mixer.kvHeads)),
        'attention.key_length': uint32(full.headDim),
        'attention.value_length': uint32(full.headDim),
        'attention.key_length_swa': uint32(windowed.headDim),
        'attention.value_length_swa': uint32(windowed.headDim),
        'attention.sliding_window': uint32(windowOf(model)!),
        'attention.sliding_window_pattern': { type: 'bools', value: layers.map(hasWindow) },
        'attention.shared_kv_layers': uint32(layers.filter(({ mixer }) => mixer.sharedFrom !== undefined).length),
        'rope.dimension_count_swa': uint32(windowed.headDim),
        'rope.freq_base_swa': { type: 'float32', value: rotary[SLIDING]!.theta },
        embedding_length_per_layer_input: uint32(perLayerInputs?.width ?? 0),
        // Where there is none, it takes that of Gemma 2.
        final_logit_softcapping: { type: 'float32', value: logitCap ?? 0 },
      };
    },
    problem: writingProblem,
  },
};

type Layer = AttentionModel['layers'][number];
const hasWindow = ({ mixer }: Layer): boolean => mixer.window !== undefined;

/** A number for each layer, of which the file has one if they are all the same. */
const perLayer = ({ number, list }: GgufFile, key: string, layers: number): number[] =>
  list(key)?.map(Number) ?? Array<number>(layers).fill(number(key)!);

const oneOrAll = (value: number[]): GgufField =>
  new Set(value).size === 1 ? { type: 'uint32', value: value[0]! } : { type: 'int32s', value };

function writingProblem(model: AttentionModel): string | undefined {
  const { layers, perLayerInputs, vocabSize, rotary } = model;
  if (layers.some(({ mixer }) => mixer.qkvBias || mixer.outputBias))
    return 'llama.cpp has no biases in Gemma 4 ("attention_bias")';
  if (!layers.some(hasWindow)) return 'llama.cpp has no Gemma 4 without windows';
  const first = layers.filter(({ mixer }) => mixer.sharedFrom === undefined).length;
  if (first < 2) return 'llama.cpp wants two layers of Gemma 4 with keys and values of their own';
  const isLastOfBoth = (layer: Layer) => layer.mixer.sharedFrom === first - (hasWindow(layer) ? 2 : 1);
  if (layers.some((layer) => layer.mixer.sharedFrom !== undefined && !isLastOfBoth(layer)))
    return 'llama.cpp wants the last two layers that compute their own keys and values to be a sliding-window layer followed by a full-attention layer ("num_kv_shared_layers")';
  if (perLayerInputs && perLayerInputs.vocabSize !== vocabSize)
    return 'llama.cpp requires "vocab_size_per_layer_input" to equal "vocab_size"';
  if (rotary[SLIDING]!.scaling.type !== 'none') return 'llama.cpp stretches no frequencies of layers with windows';
  const { type } = rotary[FULL]!.scaling;
  return type === 'none' || type === 'proportional' ? undefined : `llama.cpp has no "${type}" rope scaling in Gemma 4`;
}
