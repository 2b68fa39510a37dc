/** Families of models that have a kind of layer which is missing here: what it is, and the nearest architecture that works. */
interface Family {
  /** Of the class in `architectures`, or of `model_type`. */
  name: RegExp;
  /** `state-space layers are not supported` */
  missing: string;
  nearest: string;
}

const EXPERTS = 'mixtures of experts are not supported';
const ENCODER = 'encoder–decoder models are not supported';

/** The first that fits is meant: mixtures of experts come before the dense models of their makers. */
const FAMILIES: readonly Family[] = [
  { name: /^qwen[23].*moe/i, missing: EXPERTS, nearest: 'a dense Qwen3 (Qwen3ForCausalLM)' },
  { name: /^mixtral/i, missing: EXPERTS, nearest: 'Mistral 7B (MistralForCausalLM)' },
  { name: /^olmoe/i, missing: EXPERTS, nearest: 'OLMo 2 (Olmo2ForCausalLM)' },
  { name: /^granitemoe/i, missing: EXPERTS, nearest: 'Granite 3.3 (GraniteForCausalLM)' },
  { name: /^(gpt_?oss)/i, missing: `${EXPERTS}, nor are attention sinks`, nearest: 'Qwen3 (Qwen3ForCausalLM)' },
  {
    name: /^deepseek_?(v2|v3)/i,
    missing: 'multi-head latent attention and mixtures of experts are not supported',
    nearest: 'the distilled models of DeepSeek-R1 (Qwen2ForCausalLM, LlamaForCausalLM)',
  },
  { name: /moe/i, missing: EXPERTS, nearest: 'Qwen3 (Qwen3ForCausalLM)' },
  {
    name: /^(falcon_?h1|jamba|bamba|zamba|nemotron_?h)/i,
    missing: 'state-space layers are not supported',
    nearest: 'Granite 3.3 (GraniteForCausalLM)',
  },
  { name: /mamba/i, missing: 'state-space layers are not supported', nearest: 'SmolLM2 (LlamaForCausalLM)' },
  {
    name: /^(rwkv|retnet)/i,
    missing: 'linear-attention layers are not supported',
    nearest: 'SmolLM2 (LlamaForCausalLM)',
  },
  { name: /^(t5|mt5|umt5|bart|mbart|pegasus|t5gemma)/i, missing: ENCODER, nearest: 'Qwen3 (Qwen3ForCausalLM)' },
  {
    name: /^(bert|roberta|distilbert|deberta|electra|modernbert|xlmroberta|xlm-roberta)/i,
    missing: 'encoders, which do not generate text, are not supported',
    nearest: 'SmolLM2 (LlamaForCausalLM)',
  },
  {
    name: /^gemma3n/i,
    missing: 'AltUp layers are not supported',
    nearest: 'Gemma 4 E2B (Gemma4ForConditionalGeneration)',
  },
  {
    name: /^gemma4_?(unified|assistant)/i,
    missing: 'the unified models of Gemma 4, and those that draft for others, are not supported',
    nearest: 'Gemma 4 E2B (Gemma4ForConditionalGeneration)',
  },
  {
    name: /^(cohere|falcon|gptneox|gpt_neox|gptj|phi(forcausallm)?$|stablelm)/i,
    missing:
      'layers whose attention and MLP run in parallel, or that rotate heads and have norms with a mean, are not supported',
    nearest: 'Llama 3.2 (LlamaForCausalLM)',
  },
  {
    name: /^(bloom|mpt)/i,
    missing: 'positions as biases of attention (ALiBi) are not supported',
    nearest: 'Llama 3.2 (LlamaForCausalLM)',
  },
];

/** Why a model of this class or type cannot be loaded, and what to take instead. */
export function notSupported(name: string, supported: readonly string[]): string {
  const family = FAMILIES.find((one) => one.name.test(name));
  return family
    ? `the model's architecture is ${name}: ${family.missing}; the nearest that works is ${family.nearest}`
    : `the model's architecture is ${name}, but only ${supported.join(', ')} are supported`;
}
