import type { ModelConfig } from '../config.ts';
import { adaptedModules, EMBEDDING, HEAD, savedModules } from '../lora-targets.ts';
import { sizeOf } from '../shape.ts';

/**
 * The model's trainable tensors: Hugging Face names to shapes, in the order of the forward pass.
 * A linear layer's weight is [out, in]. With tied embeddings there is no `lm_head.weight`. The tensors of an adapter stand behind the modules
 * that they belong to: `lora_A` [r, in] and `lora_B` [out, r], for the embeddings `lora_embedding_A` [r, vocabulary] and `lora_embedding_B`
 * [hidden, r]; with DoRA `lora_magnitude_vector` [out]; and the copy of a matrix that is trained in full.
 */
export function parameterShapes(config: ModelConfig): Map<string, number[]> {
  const { vocabSize, hiddenSize, intermediateSize, headDim, lora } = config;
  const queries = config.heads * headDim;
  const keys = config.kvHeads * headDim;
  const shapes = new Map<string, number[]>();
  const adapted = adaptedModules(config);
  const saved = savedModules(config);

  const adapter = (module: string, outputs: number, inputs: number, kind: 'lora' | 'lora_embedding' = 'lora') => {
    const r = adapted.get(module)?.r;
    if (r === undefined) return;
    const suffix = kind === 'lora' ? '.weight' : '';
    shapes.set(`${module}.${kind}_A${suffix}`, [r, inputs]);
    shapes.set(`${module}.${kind}_B${suffix}`, [outputs, r]);
    if (lora!.useDora) shapes.set(`${module}.lora_magnitude_vector`, [outputs]);
  };
  const copy = (module: string) => {
    if (saved.includes(module)) shapes.set(`${module}.modules_to_save.weight`, [vocabSize, hiddenSize]);
  };
  const linear = (name: string, outputs: number, inputs: number, bias: boolean) => {
    shapes.set(`${name}.weight`, [outputs, inputs]);
    if (bias) shapes.set(`${name}.bias`, [outputs]);
    adapter(name, outputs, inputs);
  };

  shapes.set(`${EMBEDDING}.weight`, [vocabSize, hiddenSize]);
  adapter(EMBEDDING, hiddenSize, vocabSize, 'lora_embedding');
  copy(EMBEDDING);
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
  if (!config.tieEmbeddings) shapes.set(`${HEAD}.weight`, [vocabSize, hiddenSize]);
  adapter(HEAD, vocabSize, hiddenSize);
  copy(HEAD);
  return shapes;
}

/** Those of them that belong to the adapter; none without one. */
export function adapterShapes(config: ModelConfig): Map<string, number[]> {
  return new Map([...parameterShapes(config)].filter(([name]) => isAdapterTensor(name)));
}

/** What training changes: the adapter's tensors where there is one, else all. */
export const trainedShapes = (config: ModelConfig): Map<string, number[]> =>
  config.lora ? adapterShapes(config) : parameterShapes(config);

const isAdapterTensor = (name: string): boolean =>
  /\.(lora_[AB]\.weight|lora_embedding_[AB]|lora_magnitude_vector|modules_to_save\.weight)$/.test(name);

/** How many numbers they are. */
export function parameterCount(config: ModelConfig): number {
  return [...parameterShapes(config).values()].reduce((sum, shape) => sum + sizeOf(shape), 0);
}
