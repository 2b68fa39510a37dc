import type { LoraModule } from '../protocol/lora-config.ts';
import type { ModelConfig } from './config.ts';
import { sizeOf } from './shape.ts';

/**
 * The model's trainable tensors: Hugging Face names to shapes, in the order of the forward pass.
 * A linear layer's weight is [out, in]. With tied embeddings there is no `lm_head.weight`. The matrices of an adapter stand behind the
 * layers that they belong to: `lora_A` [r, in] and `lora_B` [out, r].
 */
export function parameterShapes(config: ModelConfig): Map<string, number[]> {
  const { vocabSize, hiddenSize, intermediateSize, headDim } = config;
  const queries = config.heads * headDim;
  const keys = config.kvHeads * headDim;
  const shapes = new Map<string, number[]>();

  const linear = (name: string, outputs: number, inputs: number, bias: boolean) => {
    shapes.set(`${name}.weight`, [outputs, inputs]);
    if (bias) shapes.set(`${name}.bias`, [outputs]);
    if (!config.lora?.targetModules.includes(name.slice(name.lastIndexOf('.') + 1) as LoraModule)) return;
    shapes.set(`${name}.lora_A.weight`, [config.lora.r, inputs]);
    shapes.set(`${name}.lora_B.weight`, [outputs, config.lora.r]);
  };

  shapes.set('model.embed_tokens.weight', [vocabSize, hiddenSize]);
  for (let i = 0; i < config.layers; i++) {
    const layer = `model.layers.${i}`;
    shapes.set(`${layer}.input_layernorm.weight`, [hiddenSize]);
    linear(`${layer}.self_attn.q_proj`, queries, hiddenSize, config.attentionBias);
    linear(`${layer}.self_attn.k_proj`, keys, hiddenSize, config.attentionBias);
    linear(`${layer}.self_attn.v_proj`, keys, hiddenSize, config.attentionBias);
    linear(`${layer}.self_attn.o_proj`, hiddenSize, queries, config.oBias);
    if (config.qkNorm) {
      shapes.set(`${layer}.self_attn.q_norm.weight`, [headDim]);
      shapes.set(`${layer}.self_attn.k_norm.weight`, [headDim]);
    }
    shapes.set(`${layer}.post_attention_layernorm.weight`, [hiddenSize]);
    linear(`${layer}.mlp.gate_proj`, intermediateSize, hiddenSize, config.mlpBias);
    linear(`${layer}.mlp.up_proj`, intermediateSize, hiddenSize, config.mlpBias);
    linear(`${layer}.mlp.down_proj`, hiddenSize, intermediateSize, config.mlpBias);
  }
  shapes.set('model.norm.weight', [hiddenSize]);
  if (!config.tieEmbeddings) shapes.set('lm_head.weight', [vocabSize, hiddenSize]);
  return shapes;
}

/** Those of them that belong to the adapter; none without one. */
export function adapterShapes(config: ModelConfig): Map<string, number[]> {
  return new Map([...parameterShapes(config)].filter(([name]) => isAdapterTensor(name)));
}

/** What training changes: the adapter's tensors where there is one, else all. */
export const trainedShapes = (config: ModelConfig): Map<string, number[]> =>
  config.lora ? adapterShapes(config) : parameterShapes(config);

export const isAdapterTensor = (name: string): boolean => /\.lora_[AB]\.weight$/.test(name);

/** How many numbers they are. */
export function parameterCount(config: ModelConfig): number {
  return [...parameterShapes(config).values()].reduce((sum, shape) => sum + sizeOf(shape), 0);
}
