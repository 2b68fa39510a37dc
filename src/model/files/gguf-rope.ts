import { BadInput } from '../../protocol/errors.ts';
import type { GgufField, GgufForm } from '../architectures/architecture.ts';
import type { ModelConfig, Rotary, RotaryScaling } from '../config.ts';
import { type Gguf, type GgufTensor, readGgufTensor } from './gguf.ts';
import { shortest } from './gguf-cursor.ts';

/** How a .gguf file says that rotary frequencies are stretched: in metadata, and in tensors of what each frequency is divided by. */

/** Llama 3's divisors, or Gemma 4's; and LongRoPE's, within the original context and beyond it. */
const [LLAMA3, SHORT, LONG] = ['rope_freqs.weight', 'rope_factors_short.weight', 'rope_factors_long.weight'] as const;
export const ROPE_TENSORS: readonly string[] = [LLAMA3, SHORT, LONG];

/** `rope_scaling` of config.json; null where nothing is stretched. `find` gives a value of the metadata by its name without the architecture's. */
export function ropeScaling(
  gguf: Gguf,
  { scalings = [] }: GgufForm,
  find: (key: string) => unknown,
): Record<string, unknown> | null {
  const tensor = (name: string) => gguf.tensors.find((one) => one.name === name);
  const [llama3, short, long] = [tensor(LLAMA3), tensor(SHORT), tensor(LONG)];
  const said = find('rope.scaling.type') ?? 'none';
  const type = said === 'none' && short && long ? 'longrope' : String(said);
  if (type !== 'none' && !scalings.some((one) => one === type)) {
    const message = `"rope.scaling.type" is "${type}", which is not supported in GGUF files; take the Hugging Face folder of this model`;
    throw new BadInput(message, { file: gguf.file });
  }
  if (type === 'longrope' && short && long) return longRope(find, short, long);
  if (type === 'yarn') return yarn(find, gguf.file);
  if (llama3 && scalings.includes('proportional')) return proportional(llama3);
  return llama3 ? llama3Scaling(llama3, Number(find('rope.freq_base'))) : null;
}

/** What a frequency of 0 is said with: a divisor beyond all others. */
const STILL = 1e30;

/** The first pairs of features turn, by the same divisor, and the others stand still. */
function proportional(tensor: GgufTensor): Record<string, unknown> {
  const divisors = readGgufTensor(tensor);
  const [factor = 1] = divisors;
  const turning = divisors.filter((divisor) => divisor < STILL / 2).length;
  if (divisors.some((divisor, pair) => (pair < turning ? divisor !== factor : divisor < STILL / 2))) {
    const message = `"${LLAMA3}" is not that of a Gemma 4 model, and other rope scalings are not supported; take the Hugging Face folder of this model`;
    throw new BadInput(message, { file: tensor.file });
  }
  const partial = { rope_type: 'proportional', partial_rotary_factor: turning / divisors.length };
  return factor === 1 ? partial : { ...partial, factor: shortest(factor) };
}

function longRope(find: (key: string) => unknown, short: GgufTensor, long: GgufTensor): Record<string, unknown> {
  const factors = (tensor: GgufTensor) => Array.from(readGgufTensor(tensor), shortest);
  return {
    rope_type: 'longrope',
    short_factor: factors(short),
    long_factor: factors(long),
    original_max_position_embeddings: find('rope.scaling.original_context_length') ?? find('context_length'),
    attention_factor: find('rope.scaling.attn_factor') ?? 1,
  };
}

/** In the words of transformers, in which all of it is said by one factor. Source: llama.cpp, `src/llama-context.cpp`. */
function yarn(find: (key: string) => unknown, file: string): Record<string, unknown> {
  const number = (key: string, otherwise: number) => Number(find(`rope.scaling.${key}`) ?? otherwise);
  const factor = number('factor', 1);
  const attention_factor = yarnAttention(factor, number('yarn_log_multiplier', 0)) * number('attn_factor', 1);
  // What the original model says in its own words, and llama.cpp does not read.
  const said = number('yarn_attn_factor', attention_factor);
  if (Math.abs(said / attention_factor - 1) > 1e-4) {
    const message = `"rope.scaling.yarn_attn_factor" is ${said}, but llama.cpp computes with ${attention_factor}; take the Hugging Face folder of this model`;
    throw new BadInput(message, { file });
  }
  return {
    rope_type: 'yarn',
    factor,
    original_max_position_embeddings: find('rope.scaling.original_context_length') ?? find('context_length'),
    beta_fast: number('yarn_beta_fast', 32),
    beta_slow: number('yarn_beta_slow', 1),
    attention_factor,
  };
}

/** What llama.cpp multiplies cos and sin with; `weight` is `mscale_all_dim` of transformers. */
const yarnAttention = (factor: number, weight: number): number =>
  factor <= 1 ? 1 : (1 + 0.1 * Math.log(factor)) / (1 + 0.1 * weight * Math.log(factor));

/**
 * llama.cpp keeps only what each frequency is divided by. The formula behind it has four numbers; of every released Llama 3 they are
 * these, except for the factor, which is the largest divisor. Anything else is recognised as such and refused.
 */
function llama3Scaling(tensor: GgufTensor, theta: number): Record<string, unknown> {
  const divisors = readGgufTensor(tensor);
  const [low, high, original] = [1, 4, 8192];
  const factor = Math.max(...divisors);
  divisors.forEach((divisor, pair) => {
    const wavelength = 2 * Math.PI * theta ** (pair / divisors.length);
    const smooth = Math.min(1, Math.max(0, (original / wavelength - low) / (high - low)));
    if (Math.abs(divisor * ((1 - smooth) / factor + smooth) - 1) > 1e-4) {
      const message = `"${LLAMA3}" is not that of a Llama 3 model, and other rope scalings are not supported; take the Hugging Face folder of this model`;
      throw new BadInput(message, { file: tensor.file });
    }
  });
  return {
    rope_type: 'llama3',
    factor,
    low_freq_factor: low,
    high_freq_factor: high,
    original_max_position_embeddings: original,
  };
}

/** A table's scaling in the file: metadata under names without the architecture's, and tensors. */
export function ropeInGguf(
  { width, theta, scaling, attentionFactor }: Rotary,
  { hasYarnWeight, scalings }: GgufForm,
): { metadata: Record<string, GgufField>; tensors: Map<string, Float32Array> } {
  switch (scaling.type) {
    case 'llama3': {
      const divisors = Float32Array.from({ length: width / 2 }, (_, pair) =>
        divisorAt(2 * Math.PI * theta ** ((2 * pair) / width), scaling),
      );
      return divided(divisors);
    }
    case 'longrope':
      return {
        metadata: {
          'rope.scaling.original_context_length': { type: 'uint32', value: scaling.originalMaxPositionEmbeddings },
          'rope.scaling.attn_factor': { type: 'float32', value: attentionFactor },
        },
        tensors: new Map([
          [LONG, Float32Array.from(scaling.beyond.factors)],
          [SHORT, Float32Array.from(scaling.factors)],
        ]),
      };
    case 'yarn': {
      const float32 = (value: number) => ({ type: 'float32', value }) as const;
      const usual = yarnAttention(scaling.factor, 0);
      return {
        metadata: {
          'rope.scaling.type': { type: 'string', value: 'yarn' },
          'rope.scaling.factor': float32(scaling.factor),
          'rope.scaling.original_context_length': { type: 'uint32', value: scaling.originalMaxPositionEmbeddings },
          'rope.scaling.yarn_beta_fast': float32(scaling.betaFast),
          'rope.scaling.yarn_beta_slow': float32(scaling.betaSlow),
          ...(hasYarnWeight
            ? { 'rope.scaling.yarn_log_multiplier': float32((usual / attentionFactor - 1) / (usual - 1)) }
            : attentionFactor !== usual && { 'rope.scaling.attn_factor': float32(attentionFactor / usual) }),
        },
        tensors: new Map(),
      };
    }
    case 'proportional': {
      const { pairs, factor } = scaling;
      return divided(Float32Array.from({ length: width / 2 }, (_, pair) => (pair < pairs ? factor : STILL)));
    }
    default:
      // Where llama.cpp looks for the tensor in any case.
      if (scalings?.includes('proportional')) return divided(new Float32Array(width / 2).fill(1));
      return { metadata: {}, tensors: new Map() };
  }
}

const divided = (divisors: Float32Array) => ({ metadata: {}, tensors: new Map([[LLAMA3, divisors]]) });

/** The context of the model itself, which may be longer than what is trained with here. */
export const wholeContext = ({ rotary, maxPositionEmbeddings }: ModelConfig): number =>
  Math.max(
    maxPositionEmbeddings,
    ...Object.values(rotary).flatMap(({ scaling }) =>
      scaling.type === 'longrope' ? [scaling.beyond.maxPositionEmbeddings] : [],
    ),
  );

function divisorAt(
  wavelength: number,
  { factor, lowFreqFactor, highFreqFactor, originalMaxPositionEmbeddings }: Extract<RotaryScaling, { type: 'llama3' }>,
): number {
  const turns = originalMaxPositionEmbeddings / wavelength;
  const smooth = Math.min(1, Math.max(0, (turns - lowFreqFactor) / (highFreqFactor - lowFreqFactor)));
  return 1 / ((1 - smooth) / factor + smooth);
}
