import { BadInput } from '../../protocol/errors.ts';
import type { GgufForm } from '../architectures/architecture.ts';
import { type Attention, isAttention, type Layer, type ModelConfig, type Rotary } from '../config.ts';
import { parameterShapes } from '../parameters.ts';
import { sizeOf } from '../shape.ts';
import { ropeInGguf, wholeContext } from './gguf-rope.ts';
import { RMS_EPSILON, tensorsInGguf, toGguf } from './gguf-tensors.ts';
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

/** What matrices may be stored as. */
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
  if (!gguf?.writes) return refuse(`${className} is not written to GGUF files`);
  const problem = problemOf(className, gguf, config);
  if (problem) refuse(problem);
  const rotary = mainRotary(config);
  const rope = rotary && ropeInGguf(rotary, gguf);
  const places = tensorsInGguf(gguf, config);
  const plan = new Map<string, GgufTensorPlan>();
  for (const [name, { length }] of rope?.tensors ?? []) plan.set(name, { shape: [length], type: 'F32' });
  for (const tensor of parameterShapes(config).keys()) {
    const { parts, isFloat32 } = places.get(tensor)!;
    for (const { name, shape } of parts) plan.set(name, { shape, type: isFloat32 ? 'F32' : typeFor(shape, type) });
  }
  return {
    metadata: describe(gguf, config, name, type),
    plan,
    *tensors() {
      yield* rope?.tensors ?? [];
      for (const [tensor, { data }] of loadWeights(model, config, 'original')) {
        const place = places.get(tensor)!;
        toGguf(data, place);
        let start = 0;
        for (const { name, shape } of place.parts) {
          yield [name, data.subarray(start, start + sizeOf(shape))];
          start += sizeOf(shape);
        }
      }
    },
  };
}

/** Rows that are not made of whole blocks stay in float16, as llama.cpp has it. */
const typeFor = (shape: readonly number[], type: GgufType): StoredType =>
  shape.at(-1)! % STORED_FORMATS[type].values === 0 ? type : 'F16';

function describe(form: GgufForm, config: ModelConfig, name: string, type: GgufType): Map<string, GgufEntry> {
  const arch = form.name;
  const [{ mlp }] = config.layers as [Layer];
  const { heads, kvHeads, headDim } = attentionsOf(config)[0]!;
  const uint32 = (value: number): GgufEntry => ({ type: 'uint32', value });
  const float32 = (value: number): GgufEntry => ({ type: 'float32', value });
  const string = (value: string): GgufEntry => ({ type: 'string', value });
  const rotary = mainRotary(config);
  const own = { ...(rotary && ropeInGguf(rotary, form).metadata), ...form.writes?.metadata?.(config) };
  return new Map<string, GgufEntry>([
    ['general.architecture', string(arch)],
    ['general.type', string('model')],
    ['general.name', string(withoutMeaning(name))],
    ['general.file_type', uint32(FILE_TYPES[type])],
    ['general.quantization_version', uint32(QUANTIZATION_VERSION)],
    [`${arch}.block_count`, uint32(config.layers.length)],
    [`${arch}.context_length`, uint32(wholeContext(config))],
    [`${arch}.embedding_length`, uint32(config.hiddenSize)],
    [`${arch}.feed_forward_length`, uint32(mlp.intermediateSize)],
    [`${arch}.attention.head_count`, uint32(heads)],
    [`${arch}.attention.head_count_kv`, uint32(kvHeads)],
    [`${arch}.attention.key_length`, uint32(headDim)],
    [`${arch}.attention.value_length`, uint32(headDim)],
    [`${arch}.${form.epsilon ?? RMS_EPSILON}`, float32(config.normEps)],
    ...(config.learnsPositions ? [] : [[`${arch}.rope.dimension_count`, uint32(rotary?.width ?? headDim)] as const]),
    ...(rotary ? [[`${arch}.rope.freq_base`, float32(rotary.theta)] as const] : []),
    [`${arch}.vocab_size`, uint32(config.vocabSize)],
    ...Object.entries(own).map(([key, entry]): [string, GgufEntry] => [`${arch}.${key}`, entry]),
  ]);
}

/**
 * llama.cpp takes models of such names for others, whose special tokens swallow the spaces beside them; a tokenizer without those tokens, it does
 * not load. Source: https://github.com/ggml-org/llama.cpp/blob/master/src/llama-vocab.cpp.
 */
const withoutMeaning = (name: string): string => name.replace(/(phi)-?(3)|(modern)-(bert)/gi, '$1$3 $2$4');

/** What of the model llama.cpp would leave out, or not know how to read, in words; undefined for one that it computes as we do. */
function problemOf(className: string, { scalings = [], writes }: GgufForm, config: ModelConfig): string | undefined {
  const [first, ...others] = config.layers;
  if (!writes?.hasKindsOfLayers) {
    if (others.some((layer) => JSON.stringify(layer) !== JSON.stringify(first))) return 'its layers are not all alike';
    if (endsAtWindow(config)) return `llama.cpp has no sliding windows in ${className}`;
  }
  const written = ['none', 'llama3', ...scalings];
  const scaled = Object.values(config.rotary).find(({ scaling }) => !written.includes(scaling.type));
  if (scaled)
    return `"${scaled.scaling.type}" rope scaling can be read from config.json, but not written to GGUF files`;
  return writes?.problem?.(config);
}

const attentionsOf = ({ layers }: ModelConfig): Attention[] => layers.map(({ mixer }) => mixer).filter(isAttention);

/** Attention ends earlier than the longest text does. */
const endsAtWindow = (config: ModelConfig): boolean =>
  attentionsOf(config).some(({ window }) => window !== undefined && window < wholeContext(config));

/** The table of the layers that see all tokens, undefined where none has positions. Another one is the architecture's to write. */
function mainRotary(config: ModelConfig): Rotary | undefined {
  const rotated = attentionsOf(config).filter(({ rotary }) => rotary !== undefined);
  const main = rotated.find(({ window }) => window === undefined) ?? rotated[0];
  return main && config.rotary[main.rotary!];
}
