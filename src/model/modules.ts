import {
  type Attention,
  convolvedWidth,
  type GatedDeltaNet,
  type Layer,
  type Mixer,
  type Mlp,
  type ModelConfig,
  type Positions,
  type ShortConvolution,
} from './config.ts';

/** A module of the model as transformers has it: what tensors, adapters and files are named by. */
export type Module =
  | LinearModule
  | HeadModule
  | NormModule
  | EmbeddingModule
  | PositionsModule
  | ConvolutionModule
  | ParametersModule
  | ContainerModule;

interface Named {
  /** Its path in the Hugging Face model. */
  name: string;
  /** What llama.cpp names its tensors by, if it has any. */
  gguf?: string;
}

/** A matrix [outputs, inputs] of a layer, and perhaps a bias [outputs]. */
export interface LinearModule extends Named {
  kind: 'linear';
  outputs: number;
  inputs: number;
  bias: boolean;
  /** What it is packed into, with others that have the same input: see `packing.ts`. */
  pack?: string;
  /** Its outputs are heads of this width, whose features are rotated in pairs. */
  rotatedHeadDim?: number;
}

/** The output head: a matrix [outputs, inputs], unless it is the embedding's. */
interface HeadModule extends Named {
  kind: 'head';
  outputs: number;
  inputs: number;
}

/** A weight [size]. */
interface NormModule extends Named {
  kind: 'norm';
  size: number;
  /** The weight is what is multiplied with, even in models whose other norms have an offset to theirs. */
  isWhole?: boolean;
}

/** A matrix [vocabSize, hiddenSize]. */
interface EmbeddingModule extends Named {
  kind: 'embedding';
}

/** A matrix [size, size] for each of `positions`: [positions, size, size]. */
interface PositionsModule extends Named {
  kind: 'positions';
  positions: number;
  size: number;
}

/** A filter for each of `channels`, [channels, 1, width], and perhaps a bias [channels]. */
interface ConvolutionModule extends Named {
  kind: 'convolution';
  channels: number;
  width: number;
  bias: boolean;
}

/** Tensors of its own besides modules, [size] each. */
interface ParametersModule extends Named {
  kind: 'parameters';
  sizes: Readonly<Record<string, number>>;
}

/** Without tensors of its own; a pattern of module names may match it all the same. */
interface ContainerModule extends Named {
  kind: 'container';
}

export const EMBEDDING = 'model.embed_tokens';
export const HEAD = 'lm_head';
export const FINAL_NORM = 'model.norm';
export const ENCODE = 'model.encode';
export const DECODE = 'model.decode';
export const layerName = (layer: number): string => `model.layers.${layer}`;

/** All modules in the order of the forward pass. There is a head even where it has no matrix of its own. */
export function modulesOf(model: ModelConfig): Module[] {
  const { hiddenSize, vocabSize, layers, positions } = model;
  if (positions) return positionsModules(positions, hiddenSize);
  return [
    { name: 'model', kind: 'container' },
    { name: 'model.layers', kind: 'container' },
    { name: EMBEDDING, gguf: 'token_embd', kind: 'embedding' },
    ...layers.flatMap((layer, index) => layerModules(layer, hiddenSize).map((module) => inLayer(module, index, model))),
    { name: nameIn(model, FINAL_NORM), gguf: 'output_norm', kind: 'norm', size: hiddenSize },
    { name: 'model.rotary_emb', kind: 'container' },
    { name: HEAD, gguf: 'output', kind: 'head', outputs: vocabSize, inputs: hiddenSize },
  ];
}

/** Of a model that is no decoder. It has no head: its logits are products with the embeddings. */
const positionsModules = ({ promptLength, responseLength }: Positions, size: number): Module[] => [
  { name: 'model', kind: 'container' },
  { name: EMBEDDING, kind: 'embedding' },
  { name: ENCODE, kind: 'positions', positions: promptLength, size },
  { name: DECODE, kind: 'positions', positions: responseLength, size },
];

/** What transformers calls a module of the model, or of one of its layers, that has this name in Llama. */
export const nameIn = ({ renamed }: Pick<ModelConfig, 'renamed'>, name: string): string => renamed?.[name] ?? name;

/** A module of a layer with its names in the whole model. */
function inLayer<M extends Module>(module: M, layer: number, model: ModelConfig): M {
  const pathOf = (name: string) => `${layerName(layer)}${name}`;
  return {
    ...module,
    name: pathOf(module.name && `.${nameIn(model, module.name.slice(1))}`),
    ...(module.gguf && { gguf: `blk.${layer}.${module.gguf}` }),
    ...('pack' in module && module.pack && { pack: pathOf(module.pack) }),
  };
}

function layerModules({ mixer, mlp, norms }: Layer, hiddenSize: number): Module[] {
  const normModule = (name: string | undefined, gguf: string): Module[] =>
    name === undefined ? [] : [{ name: `.${name}`, gguf, kind: 'norm', size: hiddenSize }];
  return [
    { name: '', kind: 'container' },
    ...normModule(norms.beforeMixer, 'attn_norm'),
    ...mixerModules(mixer, hiddenSize),
    ...normModule(norms.afterMixer, 'post_attention_norm'),
    ...normModule(norms.beforeMlp, 'ffn_norm'),
    ...mlpModules(mlp, hiddenSize),
    ...normModule(norms.afterMlp, 'post_ffw_norm'),
  ];
}

function mixerModules(mixer: Mixer, hiddenSize: number): Module[] {
  switch (mixer.kind) {
    case 'attention':
      return attentionModules(mixer, hiddenSize);
    case 'short-convolution':
      return shortConvolutionModules(mixer, hiddenSize);
    case 'gated-delta-net':
      return deltaNetModules(mixer, hiddenSize);
    default:
      return mixer satisfies never;
  }
}

function shortConvolutionModules({ width, bias }: ShortConvolution, hiddenSize: number): Module[] {
  const linear = { kind: 'linear', inputs: hiddenSize, bias } as const;
  return [
    { name: '.conv', kind: 'container' },
    { name: '.conv.conv', gguf: 'shortconv.conv', kind: 'convolution', channels: hiddenSize, width, bias },
    { name: '.conv.in_proj', gguf: 'shortconv.in_proj', ...linear, outputs: 3 * hiddenSize },
    { name: '.conv.out_proj', gguf: 'shortconv.out_proj', ...linear, outputs: hiddenSize },
  ];
}

function deltaNetModules(mixer: GatedDeltaNet, hiddenSize: number): Module[] {
  const { valueHeads, valueWidth, width } = mixer;
  const values = valueHeads * valueWidth;
  const channels = convolvedWidth(mixer);
  const input = { kind: 'linear', inputs: hiddenSize, bias: false, pack: '.linear_attn.in_proj' } as const;
  const output = { kind: 'linear', inputs: values, outputs: hiddenSize, bias: false } as const;
  return [
    { name: '.linear_attn', gguf: 'ssm', kind: 'parameters', sizes: { dt_bias: valueHeads, A_log: valueHeads } },
    { name: '.linear_attn.conv1d', gguf: 'ssm_conv1d', kind: 'convolution', channels, width, bias: false },
    { name: '.linear_attn.norm', gguf: 'ssm_norm', kind: 'norm', size: valueWidth, isWhole: true },
    { name: '.linear_attn.out_proj', gguf: 'ssm_out', ...output },
    { name: '.linear_attn.in_proj_qkv', gguf: 'attn_qkv', ...input, outputs: channels },
    { name: '.linear_attn.in_proj_z', gguf: 'attn_gate', ...input, outputs: values },
    { name: '.linear_attn.in_proj_b', gguf: 'ssm_beta', ...input, outputs: valueHeads },
    { name: '.linear_attn.in_proj_a', gguf: 'ssm_alpha', ...input, outputs: valueHeads },
  ];
}

function attentionModules(attention: Attention, hiddenSize: number): Module[] {
  const { heads, kvHeads, headDim, qkNorm, qkvBias, outputBias } = attention;
  const input = { kind: 'linear', inputs: hiddenSize, bias: qkvBias, pack: '.self_attn.qkv_proj' } as const;
  const rotated = { ...input, rotatedHeadDim: headDim };
  const output = { kind: 'linear', inputs: heads * headDim, outputs: hiddenSize, bias: outputBias } as const;
  const headNorms: Module[] = [
    {
      name: '.self_attn.q_norm',
      gguf: 'attn_q_norm',
      kind: 'norm',
      size: qkNorm === 'all' ? heads * headDim : headDim,
    },
    {
      name: '.self_attn.k_norm',
      gguf: 'attn_k_norm',
      kind: 'norm',
      size: qkNorm === 'all' ? kvHeads * headDim : headDim,
    },
  ];
  if (attention.fused) {
    const outputs = (heads + 2 * kvHeads) * headDim;
    return [
      { name: '.self_attn', kind: 'container' },
      // In the order of the modules in transformers, which optimizers number tensors by: see `torch-order.ts`.
      { name: '.self_attn.o_proj', gguf: 'attn_output', ...output },
      { name: '.self_attn.qkv_proj', gguf: 'attn_qkv', kind: 'linear', inputs: hiddenSize, outputs, bias: qkvBias },
    ];
  }
  return [
    { name: '.self_attn', kind: 'container' },
    { name: '.self_attn.q_proj', gguf: 'attn_q', ...rotated, outputs: (attention.gated ? 2 : 1) * heads * headDim },
    { name: '.self_attn.k_proj', gguf: 'attn_k', ...rotated, outputs: kvHeads * headDim },
    { name: '.self_attn.v_proj', gguf: 'attn_v', ...input, outputs: kvHeads * headDim },
    { name: '.self_attn.o_proj', gguf: 'attn_output', ...output },
    ...(qkNorm ? headNorms : []),
  ];
}

function mlpModules({ intermediateSize, bias, fused }: Mlp, hiddenSize: number): Module[] {
  const down = { kind: 'linear', inputs: intermediateSize, outputs: hiddenSize, bias } as const;
  if (fused) {
    const gateUp = { kind: 'linear', inputs: hiddenSize, outputs: 2 * intermediateSize } as const;
    return [
      { name: '.mlp', kind: 'container' },
      { name: '.mlp.gate_up_proj', gguf: 'ffn_gate_up', ...gateUp, bias },
      { name: '.mlp.down_proj', gguf: 'ffn_down', ...down },
      { name: '.mlp.activation_fn', kind: 'container' },
    ];
  }
  const input = { kind: 'linear', inputs: hiddenSize, outputs: intermediateSize, pack: '.mlp.gate_up_proj' } as const;
  return [
    { name: '.mlp', kind: 'container' },
    { name: '.mlp.act_fn', kind: 'container' },
    { name: '.mlp.gate_proj', gguf: 'ffn_gate', ...input, bias },
    { name: '.mlp.up_proj', gguf: 'ffn_up', ...input, bias },
    { name: '.mlp.down_proj', gguf: 'ffn_down', ...down },
  ];
}
