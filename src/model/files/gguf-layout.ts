import { BadInput } from '../../protocol/errors.ts';
import type { GgufForm } from '../architectures/architecture.ts';
import { type AttentionModel, hasOnlyAttention, type ModelConfig, type Rotary, type RotaryScaling } from '../config.ts';
import { modulesOf } from '../modules.ts';
import { parameterShapes } from '../parameters.ts';
import { addTo, ROPE_FACTORS, shuffle } from './gguf-model.ts';
import type { GgufEntry, GgufTensorPlan } from './gguf-writer.ts';
import { readArchitecture } from './model-config.ts';
import { modelFilePath } from './model-files.ts';
import { STORED_FORMATS, type StoredType } from './quantize.ts';
import { loadWeights } from './weights.ts';

/** A model in llama.cpp's words: what `gguf-model.ts` reads, to be written. */
export interface GgufLayout {
  metadata: Map<string, GgufEntry>;
  /** By llama.cpp's names, in the order of the file. */
  plan: Map<string, GgufTensorPlan>;
  /** Each tensor of the plan once, read when it is its turn. */
  tensors(): Generator<readonly [name: string, values: Float32Array]>;
}

/** What matrices may be stored as; vectors are float32 always, as llama.cpp wants them. */
export type GgufType = Exclude<StoredType, 'F32' | 'Q4_0'>;

/** `general.file_type`: llama.cpp's number for a file of mostly this type. */
const FILE_TYPES: Record<GgufType, number> = { F16: 1, Q8_0: 7 };
/** `general.quantization_version` of today. */
const QUANTIZATION_VERSION = 2;

/**
 * How llama.cpp would have the model in a folder, its adapter merged into it. Throws BadInput for one that it has no words for.
 *
 * Source: https://github.com/ggml-org/llama.cpp/blob/master/convert_hf_to_gguf.py.
 */
export function ggufLayout(model: string, config: ModelConfig, name: string, type: GgufType): GgufLayout {
  const { className, gguf } = readArchitecture(model);
  const refuse = (problem: string): never => {
    const message = `the model cannot be exported as GGUF: ${problem}; export a merged model folder instead`;
    throw new BadInput(message, { file: modelFilePath(model, 'config.json') });
  };
  if (!gguf?.writes || !hasOnlyAttention(config)) return refuse(`${className} is not written to GGUF files`);
  const problem = problemOf(className, gguf, config);
  if (problem) refuse(problem);
  const factors = ropeFactors(config);
  const renamed = ggufNames(config, gguf.shuffled);
  const plan = new Map<string, GgufTensorPlan>();
  if (factors) plan.set(ROPE_FACTORS, { shape: [factors.length], type: 'F32' });
  for (const [tensor, shape] of parameterShapes(config)) {
    plan.set(renamed.get(tensor)!.name, { shape, type: typeFor(shape, type) });
  }
  return {
    metadata: describe(gguf, config, name, type),
    plan,
    *tensors() {
      if (factors) yield [ROPE_FACTORS, factors];
      for (const [tensor, { data, shape }] of loadWeights(model, config, 'original')) {
        const { name: target, headDim, isNorm } = renamed.get(tensor)!;
        if (isNorm) addTo(data, config.rmsNormOffset);
        yield [target, headDim === undefined ? data : shuffle(data, headDim, data.length / shape[0]!)];
      }
    },
  };
}

/** Rows that are not made of whole blocks stay in float16, as llama.cpp has it. */
function typeFor(shape: readonly number[], type: GgufType): StoredType {
  if (shape.length === 1) return 'F32';
  return shape.at(-1)! % STORED_FORMATS[type].values === 0 ? type : 'F16';
}

interface GgufName {
  name: string;
  /** Where rows of rotated heads are shuffled. */
  headDim: number | undefined;
  isNorm: boolean;
}

/** By transformers' names. */
function ggufNames(config: AttentionModel<ModelConfig>, shuffled: boolean): Map<string, GgufName> {
  const names = new Map<string, GgufName>();
  for (const module of modulesOf(config)) {
    if (!module.gguf) continue;
    const headDim = shuffled && module.kind === 'linear' ? module.rotatedHeadDim : undefined;
    for (const kind of ['weight', 'bias'])
      names.set(`${module.name}.${kind}`, { name: `${module.gguf}.${kind}`, headDim, isNorm: module.kind === 'norm' });
  }
  return names;
}

function describe(
  form: GgufForm,
  config: AttentionModel<ModelConfig>,
  name: string,
  type: GgufType,
): Map<string, GgufEntry> {
  const arch = form.name;
  const { mixer, mlp } = config.layers[0]!;
  const uint32 = (value: number): GgufEntry => ({ type: 'uint32', value });
  const float32 = (value: number): GgufEntry => ({ type: 'float32', value });
  const string = (value: string): GgufEntry => ({ type: 'string', value });
  const rotary = mainRotary(config);
  const own = Object.entries(form.writes?.metadata?.(config) ?? {});
  return new Map<string, GgufEntry>([
    ['general.architecture', string(arch)],
    ['general.type', string('model')],
    ['general.name', string(name)],
    ['general.file_type', uint32(FILE_TYPES[type])],
    ['general.quantization_version', uint32(QUANTIZATION_VERSION)],
    [`${arch}.block_count`, uint32(config.layers.length)],
    [`${arch}.context_length`, uint32(config.maxPositionEmbeddings)],
    [`${arch}.embedding_length`, uint32(config.hiddenSize)],
    [`${arch}.feed_forward_length`, uint32(mlp.intermediateSize)],
    [`${arch}.attention.head_count`, uint32(mixer.heads)],
    [`${arch}.attention.head_count_kv`, uint32(mixer.kvHeads)],
    [`${arch}.attention.key_length`, uint32(mixer.headDim)],
    [`${arch}.attention.value_length`, uint32(mixer.headDim)],
    [`${arch}.attention.layer_norm_rms_epsilon`, float32(config.rmsNormEps)],
    [`${arch}.rope.dimension_count`, uint32(rotary.width)],
    [`${arch}.rope.freq_base`, float32(rotary.theta)],
    [`${arch}.vocab_size`, uint32(config.vocabSize)],
    ...own.map(([key, entry]): [string, GgufEntry] => [`${arch}.${key}`, entry]),
  ]);
}

const WRITTEN_SCALINGS: readonly RotaryScaling['type'][] = ['none', 'llama3'];

/** What of the model llama.cpp would leave out, or not know how to read, in words; undefined for one that it computes as we do. */
function problemOf(className: string, gguf: GgufForm, config: AttentionModel<ModelConfig>): string | undefined {
  const [first, ...others] = config.layers;
  if (!gguf.writes?.hasKindsOfLayers) {
    if (others.some((layer) => JSON.stringify(layer) !== JSON.stringify(first))) return 'its layers are not all alike';
    if (endsAtWindow(config)) return `llama.cpp has no sliding windows in ${className}`;
  }
  const scaled = Object.values(config.rotary).find(({ scaling }) => !WRITTEN_SCALINGS.includes(scaling.type));
  if (scaled)
    return `"${scaled.scaling.type}" rope scaling can be read from config.json, but not written to GGUF files`;
  return gguf.writes?.problem?.(config);
}

/** Attention ends earlier than the longest text does. */
const endsAtWindow = ({ layers, maxPositionEmbeddings }: AttentionModel): boolean =>
  layers.some(({ mixer }) => mixer.window !== undefined && mixer.window < maxPositionEmbeddings);

/** The table of the layers that see all tokens. Another one is the architecture's to write. */
function mainRotary({ layers, rotary }: AttentionModel): Rotary {
  const rotated = layers.map(({ mixer }) => mixer).filter((mixer) => mixer.rotary !== undefined);
  return rotary[(rotated.find(({ window }) => window === undefined) ?? rotated[0])!.rotary!]!;
}

/** What each rotary frequency is divided by. llama.cpp has this in place of the formula's four numbers. */
function ropeFactors(config: AttentionModel): Float32Array | undefined {
  const { width, theta, scaling } = mainRotary(config);
  if (scaling.type !== 'llama3') return undefined;
  return Float32Array.from({ length: width / 2 }, (_, pair) =>
    divisorAt(2 * Math.PI * theta ** ((2 * pair) / width), scaling),
  );
}

function divisorAt(
  wavelength: number,
  { factor, lowFreqFactor, highFreqFactor, originalMaxPositionEmbeddings }: Extract<RotaryScaling, { type: 'llama3' }>,
): number {
  const turns = originalMaxPositionEmbeddings / wavelength;
  const smooth = Math.min(1, Math.max(0, (turns - lowFreqFactor) / (highFreqFactor - lowFreqFactor)));
  return 1 / ((1 - smooth) / factor + smooth);
}
