import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Attention } from '../../../src/model/config.ts';
import { contextInWords } from '../../../src/model/context.ts';
import { readModelConfig } from '../../../src/model/files/model-config.ts';
import { BadInput } from '../../../src/protocol/errors.ts';
import { configFolder, LLAMA, temporaryFolder, writeJson } from './model-folder.ts';

const LLAMA3 = { factor: 8, low_freq_factor: 1, high_freq_factor: 4, original_max_position_embeddings: 32 };

const PHI = { architectures: ['Phi3ForCausalLM'], model_type: 'phi3' };

describe('reading a config', () => {
  it('reads a Llama config of transformers 5', () => {
    const layer = {
      mixer: {
        kind: 'attention',
        heads: 2,
        kvHeads: 1,
        headDim: 4,
        scale: 0.5,
        rotary: 'all',
        qkNorm: undefined,
        window: undefined,
        qkvBias: false,
        outputBias: false,
      },
      mlp: { kind: 'swiglu', intermediateSize: 6, bias: false },
      norms: { beforeMixer: 'input_layernorm', beforeMlp: 'post_attention_layernorm' },
      residualScale: 1,
    };
    expect(readModelConfig(configFolder())).toEqual({
      vocabSize: 11,
      hiddenSize: 8,
      embeddingScale: 1,
      logitScale: 1,
      layers: [layer, layer],
      rotary: { all: { width: 4, theta: 20_000, scaling: { type: 'none' }, attentionFactor: 1 } },
      maxPositionEmbeddings: 64,
      normEps: 1e-5,
      rmsNormOffset: 0,
      tieEmbeddings: false,
      eosTokenIds: [2],
      bosTokenId: undefined,
      padTokenId: undefined,
    });
  });

  it.each([
    ['transformers 5', { rope_parameters: { rope_type: 'llama3', rope_theta: 5e5, ...LLAMA3 } }],
    [
      'transformers 4',
      { rope_parameters: undefined, rope_theta: 5e5, rope_scaling: { rope_type: 'llama3', ...LLAMA3 } },
    ],
    [
      'its older spelling',
      { rope_parameters: undefined, rope_theta: 5e5, rope_scaling: { type: 'llama3', ...LLAMA3 } },
    ],
  ])('reads rotary settings as %s writes them', (_, fields) => {
    const { theta, scaling } = readModelConfig(configFolder(fields)).rotary.all!;
    expect(theta).toBe(5e5);
    expect(scaling).toEqual({
      type: 'llama3',
      factor: 8,
      lowFreqFactor: 1,
      highFreqFactor: 4,
      originalMaxPositionEmbeddings: 32,
    });
  });

  it("knows silu by transformers' other name", () => {
    expect(readModelConfig(configFolder({ hidden_act: 'swish' }))).toEqual(readModelConfig(configFolder()));
  });

  it('takes the original context from where transformers takes it', () => {
    const originalOf = (fields: Record<string, unknown>) => {
      const rope_parameters = { rope_type: 'yarn', factor: 2, ...fields };
      const folder = configFolder({
        rope_parameters,
        ...('beside' in fields && { original_max_position_embeddings: 8 }),
      });
      const { scaling } = readModelConfig(folder).rotary.all!;
      return scaling.type === 'yarn' && scaling.originalMaxPositionEmbeddings;
    };
    expect(originalOf({})).toBe(LLAMA.max_position_embeddings);
    expect(originalOf({ original_max_position_embeddings: 16 })).toBe(16);
    expect(originalOf({ original_max_position_embeddings: 16, beside: true })).toBe(8);
  });

  it('ends the context where LongRoPE changes its frequencies', () => {
    const longrope = { rope_type: 'longrope', short_factor: [1, 2], long_factor: [3, 4] };
    const config = readModelConfig(
      configFolder({ rope_parameters: { ...longrope, original_max_position_embeddings: 16 } }),
    );
    expect(config.maxPositionEmbeddings).toBe(16);
    expect(contextInWords(config)).toBe(
      '16 ("original_max_position_embeddings" in config.json; beyond it, "longrope" rope scaling changes how earlier tokens are read, which is not supported)',
    );
    const dynamic = readModelConfig(configFolder({ rope_parameters: { rope_type: 'dynamic', factor: 2 } }));
    expect(contextInWords(dynamic)).toContain('("max_position_embeddings" in config.json; beyond it, "dynamic"');
    expect(contextInWords(readModelConfig(configFolder()))).toBe(`${LLAMA.max_position_embeddings}`);
  });

  it.each([
    [{ rope_scaling: {}, rope_theta: 3 }, 20_000],
    [{ rope_scaling: null, rope_theta: 3 }, 20_000],
    [{ rope_parameters: { rope_type: 'default' }, rope_theta: 3 }, 3],
    [{ rope_scaling: { rope_type: 'llama3', ...LLAMA3 } }, 10_000],
    [{ rope_scaling: { rope_type: 'llama3', ...LLAMA3, rope_theta: 9 }, rope_theta: 3 }, 9],
  ])('takes the rotary base from where transformers takes it: %j', (fields, theta) => {
    expect(readModelConfig(configFolder(fields)).rotary.all!.theta).toBe(theta);
  });

  it('knows which projections of each architecture have biases', () => {
    const biases = (fields: Record<string, unknown>) => {
      const { mixer, mlp } = readModelConfig(configFolder(fields)).layers[0]!;
      const { qkvBias, outputBias, qkNorm } = mixer as Attention;
      return { qkvBias, outputBias, mlpBias: mlp.bias, qkNorm };
    };
    const qwen2 = { architectures: ['Qwen2ForCausalLM'], model_type: 'qwen2' };
    const qwen3 = { architectures: ['Qwen3ForCausalLM'], model_type: 'qwen3' };
    const none = { qkvBias: false, outputBias: false, mlpBias: false, qkNorm: undefined };
    expect(biases({ attention_bias: true })).toEqual({ ...none, qkvBias: true, outputBias: true });
    expect(biases({ mlp_bias: true })).toEqual({ ...none, mlpBias: true });
    expect(biases(qwen2)).toEqual({ ...none, qkvBias: true });
    expect(biases(qwen3)).toEqual({ ...none, qkNorm: 'head' });
    expect(biases({ ...qwen3, attention_bias: true })).toEqual({
      ...none,
      qkvBias: true,
      outputBias: true,
      qkNorm: 'head',
    });
  });

  it("uses transformers' defaults for what is absent", () => {
    const mixerOf = (fields: Record<string, unknown>) =>
      readModelConfig(configFolder(fields)).layers[0]!.mixer as Attention;
    expect(mixerOf({ num_key_value_heads: null })).toMatchObject({ kvHeads: 2, headDim: 4 });
    expect(readModelConfig(configFolder({ rope_parameters: undefined })).rotary.all!.theta).toBe(10_000);
    expect(mixerOf({ architectures: undefined, model_type: 'qwen3' }).qkNorm).toBe('head');
    const qwen3 = { architectures: ['Qwen3ForCausalLM'], model_type: 'qwen3' };
    expect(mixerOf(qwen3).headDim).toBe(128);
    expect(mixerOf({ ...qwen3, head_dim: 6 }).headDim).toBe(6);
  });

  it('takes the stop tokens of generation_config.json, where there is one, rather than those of config.json', () => {
    const folder = configFolder({ eos_token_id: 2, pad_token_id: -1, bos_token_id: 1 });
    writeJson(folder, 'generation_config.json', { eos_token_id: [5, 3] });
    expect(readModelConfig(folder)).toMatchObject({ eosTokenIds: [5, 3], bosTokenId: 1, padTokenId: undefined });
    expect(readModelConfig(configFolder({ eos_token_id: null })).eosTokenIds).toEqual([]);
  });

  it('ignores a sliding window that is switched off', () => {
    const qwen2 = { architectures: ['Qwen2ForCausalLM'], model_type: 'qwen2' };
    const folder = configFolder({ ...qwen2, use_sliding_window: false, sliding_window: 16 });
    expect(readModelConfig(folder).layers).toHaveLength(2);
  });
});

describe('refusing a config', () => {
  const lfm2 = { architectures: ['Lfm2ForCausalLM'], model_type: 'lfm2' };
  const granite4 = {
    architectures: ['GraniteMoeHybridForCausalLM'],
    model_type: 'granitemoehybrid',
    num_local_experts: 0,
  };
  const qwen2 = { architectures: ['Qwen2ForCausalLM'], model_type: 'qwen2' };
  const gemma3 = { architectures: ['Gemma3ForCausalLM'], model_type: 'gemma3_text' };
  const gpt2 = {
    ...{ architectures: ['GPT2LMHeadModel'], model_type: 'gpt2' },
    ...{ n_embd: 8, n_layer: 1, n_head: 2, n_positions: 16 },
  };
  it.each<[string, Record<string, unknown>, string]>([
    [
      'an unknown architecture',
      { architectures: ['StrangeForCausalLM'] },
      "the model's architecture is StrangeForCausalLM, but only LlamaForCausalLM, Qwen2ForCausalLM, ",
    ],
    [
      'state-space layers',
      { architectures: ['Mamba2ForCausalLM'] },
      'Mamba2ForCausalLM: state-space layers are not supported; the nearest that works is SmolLM2 (LlamaForCausalLM)',
    ],
    ['experts of a dense family', { architectures: ['Qwen3MoeForCausalLM'] }, 'experts are not supported; the nearest'],
    ['an encoder and a decoder', { architectures: undefined, model_type: 't5' }, 't5: encoder–decoder models are not'],
    [
      'AltUp layers',
      { architectures: ['Gemma3nForConditionalGeneration'] },
      'AltUp layers are not supported; the nearest that works is Gemma 4 E2B',
    ],
    [
      'a unified Gemma 4',
      { architectures: ['Gemma4UnifiedForConditionalGeneration'] },
      'the nearest that works is Gemma 4 E2B',
    ],
    ['no architecture', { architectures: undefined, model_type: undefined }, 'not named in the file'],
    ['two that differ', { model_type: 'qwen2' }, '"model_type" is "qwen2", which contradicts "architectures"'],
    ['a missing size', { hidden_size: undefined }, '"hidden_size" must be a positive integer'],
    ['a size of 0', { vocab_size: 0 }, '"vocab_size" must be a positive integer'],
    ['half a layer', { num_hidden_layers: 1.5 }, '"num_hidden_layers" must be a positive integer'],
    ['a billion layers', { num_hidden_layers: 1e9 }, '"num_hidden_layers" must be at most 1000'],
    ['a number as text', { intermediate_size: '6' }, '"intermediate_size" must be a positive integer'],
    ['heads that do not group', { num_attention_heads: 4, num_key_value_heads: 3 }, 'must be a multiple of'],
    [
      'heads that do not divide',
      { num_attention_heads: 3, num_key_value_heads: 3 },
      '"hidden_size" (8) must be a multiple',
    ],
    ['an odd head width', { head_dim: 5 }, 'the head width is 5'],
    ['another activation', { hidden_act: 'gelu' }, '"hidden_act" is "gelu", but only "silu" is supported'],
    [
      'an unknown rope type',
      { rope_parameters: { rope_type: 'proportional', factor: 2 } },
      'the rope type is "proportional", but only "default", "linear", "dynamic", "llama3", "yarn", "longrope" are',
    ],
    ['YaRN without its factor', { rope_parameters: { rope_type: 'yarn' } }, 'the "yarn" rope scaling lacks "factor"'],
    [
      'LongRoPE factors of other heads',
      { rope_parameters: { rope_type: 'longrope', short_factor: [1, 1], long_factor: [2] } },
      '"long_factor" has 1 numbers, but 2 pairs of features are rotated',
    ],
    ['half a rope scaling', { rope_parameters: { rope_type: 'llama3', factor: 8 } }, 'lacks "low_freq_factor"'],
    [
      'partial rotation',
      { rope_parameters: { rope_type: 'default', partial_rotary_factor: 0.5 } },
      'is 0.5, but the architecture rotates whole heads',
    ],
    [
      'a wrong rope field',
      { rope_parameters: { rope_theta: 'big' } },
      '"rope_parameters.rope_theta" must be a positive',
    ],
    [
      'sliding layers without a window',
      { ...qwen2, layer_types: ['full_attention', 'sliding_attention'] },
      '"layer_types" has "sliding_attention", but "use_sliding_window" and "sliding_window" give no window',
    ],
    [
      'experts of Granite 4',
      { ...granite4, num_local_experts: 62 },
      '"num_local_experts" is 62, but mixtures of experts are not supported; the nearest that works is a dense Granite 4',
    ],
    [
      'state-space layers of Granite 4',
      { ...granite4, layer_types: ['attention', 'mamba'] },
      '"layer_types" has "mamba", but only "attention" and "full_attention" are supported',
    ],
    [
      'another type of layers',
      {
        architectures: ['Olmo3ForCausalLM'],
        model_type: 'olmo3',
        layer_types: ['full_attention', 'chunked_attention'],
      },
      '"layer_types" has "chunked_attention", but only "full_attention" and "sliding_attention" are supported',
    ],
    [
      "OLMo 3's sliding layers without a window",
      { architectures: ['Olmo3ForCausalLM'], model_type: 'olmo3', sliding_window: null },
      '"sliding_window" is null, but some layers have sliding windows',
    ],
    [
      "Gemma's sliding layers without a window",
      { ...gemma3, sliding_window: null },
      '"sliding_window" is null, but some layers have sliding windows',
    ],
    [
      'a rope type that Phi-3 has not',
      { ...PHI, rope_parameters: { rope_type: 'linear', factor: 2 } },
      'the rope type is "linear", but Phi-3 has "default" and "longrope" only',
    ],
    [
      'a part of each head that is odd',
      { ...PHI, rope_parameters: { rope_type: 'default', partial_rotary_factor: 0.75 } },
      '"partial_rotary_factor" is 0.75, but it must leave an even number of the 4 features of a head',
    ],
    [
      'Ministral 3 whose queries do not grow',
      {
        ...{ architectures: ['Ministral3ForCausalLM'], model_type: 'ministral3' },
        rope_parameters: { rope_type: 'yarn', factor: 2 },
      },
      'the rope fields lack "llama_4_scaling_beta"',
    ],
    [
      'an unknown kind of layer',
      { ...lfm2, layer_types: ['conv', 'moe'] },
      '"layer_types" has "moe", but only "conv" and "full_attention" are supported',
    ],
    [
      'kinds for other layers',
      { ...lfm2, layer_types: ['conv', 'conv', 'full_attention'] },
      '"layer_types" is a list of length 3, but "num_hidden_layers" is 2',
    ],
    ['no attention', { ...lfm2, layer_types: ['conv', 'conv'] }, 'no layer is "full_attention"'],
    [
      'kinds for other layers than there are, of models that have one kind alone',
      { layer_types: ['full_attention'] },
      '"layer_types" is a list of length 1, but "num_hidden_layers" is 2',
    ],
    [
      'windows for other layers than there are',
      { ...qwen2, layer_types: ['full_attention'] },
      '"layer_types" is a list of length 1, but "num_hidden_layers" is 2',
    ],
    [
      'windows for other layers of Gemma than there are',
      { ...gemma3, layer_types: ['full_attention', 'full_attention', 'full_attention'] },
      '"layer_types" is a list of length 3, but "num_hidden_layers" is 2',
    ],
    [
      "another type of Qwen's layers",
      { ...qwen2, layer_types: ['full_attention', 'chunked_attention'] },
      '"layer_types" has "chunked_attention", but only "full_attention" and "sliding_attention" are supported',
    ],
    [
      'positions for fewer layers than there are',
      { architectures: ['SmolLM3ForCausalLM'], model_type: 'smollm3', no_rope_layers: [1] },
      '"no_rope_layers" is a list of length 1, but "num_hidden_layers" is 2',
    ],
    [
      'rotary tables of layers under the older name',
      { ...gemma3, rope_scaling: { full_attention: { rope_type: 'default' } } },
      '"rope_scaling.full_attention" must be in "rope_parameters"',
    ],
    ['a cap of 0', { ...gemma3, final_logit_softcapping: 0 }, '"final_logit_softcapping" must be a positive number'],
    ['attention to later tokens', { is_causal: false }, '"is_causal" is false, but only causal attention is supported'],
    ['attention to later tokens, as null', { is_causal: null }, '"is_causal" is null, but only causal attention is'],
    [
      "Gemma's attention to later tokens",
      { ...gemma3, is_causal: false },
      '"is_causal" is false, but only causal attention is supported',
    ],
    [
      "GPT-2's attention to later tokens",
      { ...gpt2, is_causal: false },
      '"is_causal" is false, but only causal attention is supported',
    ],
    [
      "GPT-2's attention to later tokens, as null",
      { ...gpt2, is_causal: null },
      '"is_causal" is null, but only causal',
    ],
    ['quantized weights', { quantization_config: { quant_method: 'gptq' } }, 'the weights are quantized (gptq)'],
    [
      'a stop token outside the vocabulary',
      { eos_token_id: [2, 11] },
      'token 11 is outside the vocabulary (11 tokens)',
    ],
    ['a stop token that is text', { eos_token_id: '</s>' }, '"eos_token_id" must be a token id or a list of them'],
  ])('%s', (_, fields, message) => {
    const folder = configFolder(fields);
    expect(() => readModelConfig(folder)).toThrow(BadInput);
    expect(() => readModelConfig(folder)).toThrow(message);
    expect(() => readModelConfig(folder)).toThrow(`${join(folder, 'config.json')}: `);
  });

  it('names a checkpoint when it is the folder of a run', () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'run.json'), '{}');
    mkdirSync(join(folder, 'checkpoints'));
    expect(() => readModelConfig(folder)).toThrow(
      `${folder}: this is the folder of a run, which has no checkpoint yet`,
    );
    for (const name of ['step-000010', 'step-000010-merged', 'step-000002'])
      mkdirSync(join(folder, 'checkpoints', name));
    const newest = join(folder, 'checkpoints', 'step-000010');
    expect(() => readModelConfig(folder)).toThrow(new RegExp(`one of its checkpoints, such as ${newest}$`));
  });

  it('names the folder when it is no model folder', () => {
    const folder = temporaryFolder();
    expect(() => readModelConfig(folder)).toThrow(`${folder}: this folder has no config.json`);
    rmSync(folder, { recursive: true });
    expect(() => readModelConfig(folder)).toThrow(`${folder}: there is no such model folder`);
    const file = join(temporaryFolder(), 'model.safetensors');
    writeFileSync(file, '');
    expect(() => readModelConfig(file)).toThrow('there is no such model folder');
  });

  it('names the file that is no JSON', () => {
    const folder = temporaryFolder();
    const file = join(folder, 'config.json');
    writeFileSync(file, JSON.stringify(LLAMA).slice(0, 40));
    expect(() => readModelConfig(folder)).toThrow(
      `${file}:1:39: This is not valid JSON: unexpected end of string; download it again`,
    );
    writeFileSync(file, '[]');
    expect(() => readModelConfig(folder)).toThrow(`${file}: this must be a JSON object`);
    const generation = configFolder();
    writeFileSync(join(generation, 'generation_config.json'), '{');
    expect(() => readModelConfig(generation)).toThrow(
      `${join(generation, 'generation_config.json')}:1:2: This is not valid`,
    );
  });
});
