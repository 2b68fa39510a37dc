import {
  type Attention,
  convolvedWidth,
  type GatedDeltaNet,
  type Layer,
  type Mixer,
  type Mlp,
  type ModelConfig,
  type ShortConvolution,
} from './config.ts';
import type { Module } from './module.ts';

/** A norm over all hidden features. */
export const normIn = ({ hiddenSize, layerNorm }: ModelConfig) => ({
  ...({ kind: 'norm', size: hiddenSize } as const),
  ...(layerNorm && { bias: true }),
});

/** The modules of a layer, by Llama's names for them in it, in the order in which transformers makes them. */
export function layerModules({ mixer, mlp, norms, scaled }: Layer, model: ModelConfig): Module[] {
  const { hiddenSize, perLayerInputs } = model;
  const normModule = (name: string | undefined, gguf: string): Module[] =>
    name === undefined ? [] : [{ name: `.${name}`, gguf, ...normIn(model) }];
  return [
    scaled
      ? { name: '', gguf: 'layer_output_scale', kind: 'parameters', sizes: { layer_scalar: 1 }, constant: true }
      : { name: '', kind: 'container' },
    ...normModule(norms.beforeMixer, 'attn_norm'),
    ...mixerModules(mixer, hiddenSize),
    ...normModule(norms.afterMixer, 'post_attention_norm'),
    ...normModule(norms.beforeMlp, 'ffn_norm'),
    ...mlpModules(mlp, hiddenSize),
    ...normModule(norms.afterMlp, 'post_ffw_norm'),
    ...(perLayerInputs ? inputModules(perLayerInputs.width, hiddenSize) : []),
  ];
}

/** With which a layer takes in what it is told of each token. */
const inputModules = (width: number, hiddenSize: number): Module[] => [
  { name: '.act_fn', kind: 'container' },
  { name: '.per_layer_input_gate', gguf: 'inp_gate', kind: 'linear', inputs: hiddenSize, outputs: width, bias: false },
  { name: '.per_layer_projection', gguf: 'proj', kind: 'linear', inputs: width, outputs: hiddenSize, bias: false },
  { name: '.post_per_layer_input_norm', gguf: 'post_norm', kind: 'norm', size: hiddenSize },
];

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
    const qkv: Module = {
      ...{ name: '.self_attn.qkv_proj', gguf: 'attn_qkv' },
      ...{ kind: 'linear', inputs: hiddenSize, outputs, bias: qkvBias },
    };
    const o: Module = { name: '.self_attn.o_proj', gguf: 'attn_output', ...output };
    // In the order of the modules in transformers, which optimizers number tensors by: see `torch-order.ts`.
    const inOrder = attention.fused === 'first' ? [qkv, o] : [o, qkv];
    return [{ name: '.self_attn', kind: 'container' }, ...inOrder];
  }
  if (attention.sharedFrom !== undefined) {
    const { pack: _, ...alone } = rotated;
    return [
      { name: '.self_attn', kind: 'container' },
      { name: '.self_attn.q_proj', gguf: 'attn_q', ...alone, outputs: heads * headDim },
      { name: '.self_attn.o_proj', gguf: 'attn_output', ...output },
      ...headNorms.slice(0, qkNorm ? 1 : 0),
    ];
  }
  const values: Module = { name: '.self_attn.v_proj', gguf: 'attn_v', ...input, outputs: kvHeads * headDim };
  return [
    { name: '.self_attn', kind: 'container' },
    { name: '.self_attn.q_proj', gguf: 'attn_q', ...rotated, outputs: (attention.gated ? 2 : 1) * heads * headDim },
    { name: '.self_attn.k_proj', gguf: 'attn_k', ...rotated, outputs: kvHeads * headDim },
    ...(attention.keysAsValues ? [] : [values]),
    { name: '.self_attn.o_proj', gguf: 'attn_output', ...output },
    ...(qkNorm ? headNorms : []),
    ...(attention.valueNorm === undefined ? [] : [{ name: '.self_attn.v_norm', kind: 'container' } as const]),
  ];
}

function mlpModules({ kind, intermediateSize, bias, fused }: Mlp, hiddenSize: number): Module[] {
  const down = { kind: 'linear', inputs: intermediateSize, outputs: hiddenSize, bias } as const;
  if (kind === 'gelu') {
    const up = { kind: 'linear', inputs: hiddenSize, outputs: intermediateSize, bias } as const;
    return [
      { name: '.mlp', kind: 'container' },
      { name: '.mlp.up_proj', gguf: 'ffn_up', ...up },
      { name: '.mlp.down_proj', gguf: 'ffn_down', ...down },
      { name: '.mlp.act_fn', kind: 'container' },
      { name: '.mlp.dropout', kind: 'container' },
    ];
  }
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
