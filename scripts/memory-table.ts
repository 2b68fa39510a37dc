/**
 * What TRL takes of each GPU's memory, by arithmetic alone: the tables of docs/scaling.md, which `npm run docs` writes. Sources are named there, with
 * the formulas.
 */
import { llama } from '../src/model/architectures/llama.ts';
import { qwen2 } from '../src/model/architectures/qwen2.ts';
import { cachedPerToken, type ModelConfig } from '../src/model/config.ts';
import { parameterShapes, trainedShapes } from '../src/model/parameters.ts';
import { sizeOf } from '../src/model/shape.ts';
import type { Lora } from '../src/protocol/lora-config.ts';

type Shape = [hidden: number, mlp: number, layers: number, heads: number, kvHeads: number, vocabulary: number];

/** As their config.json says; the largest is Llama 3.1's, the others are Qwen2.5's. */
const SHAPES: Record<string, Shape> = {
  '0.5B': [896, 4864, 24, 14, 2, 151_936],
  '1.5B': [1536, 8960, 28, 12, 2, 151_936],
  '7B': [3584, 18_944, 28, 28, 4, 152_064],
  '14B': [5120, 13_824, 48, 40, 8, 152_064],
  '32B': [5120, 27_648, 64, 40, 8, 152_064],
  '70B': [8192, 28_672, 80, 64, 8, 128_256],
};
export const SIZES = Object.keys(SHAPES);

export function modelOf(size: string): ModelConfig {
  const [hidden_size, intermediate_size, num_hidden_layers, num_attention_heads, num_key_value_heads, vocab_size] =
    SHAPES[size]!;
  const config = {
    ...{ hidden_size, intermediate_size, num_hidden_layers, num_attention_heads, num_key_value_heads, vocab_size },
    ...{ hidden_act: 'silu', rms_norm_eps: 1e-6, max_position_embeddings: 32_768 },
    tie_word_embeddings: hidden_size < 2000,
  };
  const description = (size === '70B' ? llama : qwen2).describe(config, size);
  return { ...description, eosTokenIds: [], bosTokenId: undefined, padTokenId: undefined };
}

/** Bytes for each number of these. */
export interface Way {
  /** The model's, as it computes with them; with a frozen one, those of its linear layers. */
  weights: number;
  /** Of what is trained: all weights, or an adapter. */
  gradients: number;
  moments: number;
  /** In float32, beside weights that are rounded. */
  master: number;
  /** Activations, keys and values. */
  computed: number;
  /** An adapter of this rank on all linear layers, instead of all weights. */
  adapter?: number;
  /** Of the embeddings, the head and the norms, where they are not as `weights`. */
  others?: number;
}

/** NF4 with double quantization: a number of 4 bits, for each 64 of them a scale of 8 bits, for each 256 scales one of 32. */
const NF4 = (4 + 8 / 64 + 32 / (64 * 256)) / 8;

export const WAYS: Record<string, Way> = {
  float32: { weights: 4, gradients: 4, moments: 8, master: 0, computed: 4 },
  'bf16 mixed': { weights: 2, gradients: 2, moments: 8, master: 4, computed: 2 },
  LoRA: { weights: 2, gradients: 4, moments: 8, master: 0, computed: 2, adapter: 16 },
  QLoRA: { weights: NF4, others: 2, gradients: 4, moments: 8, master: 0, computed: 2, adapter: 16 },
};

/** Of one GPU: sequences of a micro-batch, completions that it writes at a time, and their tokens. */
export const WORK = { sequences: 4, completions: 32, promptTokens: 256, completionTokens: 1024 };
/** TRL 1.16 computes logits in tiles of so many tokens and so much of the vocabulary (`trl/kernels/chunked_logprob.py`). */
export const TILE = { tokens: 4096, vocabulary: 32_768 };
/** Of what is divided among GPUs, a layer is put together to compute with while the next one is fetched. */
const GATHERED_LAYERS = 2;
export const GPUS = [1, 8, 64];

/** Bytes of one GPU. */
export interface MemoryParts {
  /** Weights, gradients and the optimizer's state: its part of them. */
  state: number;
  /** In addition, while gradients are computed, and while completions are written. */
  update: number;
  generation: number;
}

/** With all that can be divided among GPUs divided (ZeRO-3, FSDP's full sharding), and activations recomputed layer by layer. */
export function memoryParts(model: ModelConfig, way: Way, gpus: number, work = WORK): MemoryParts {
  const { sequences, completions, promptTokens, completionTokens } = work;
  const tokens = promptTokens + completionTokens;
  const weights = frozenBytes(model, way);
  const divided = gpus > 1;

  const { hiddenSize, vocabSize, layers } = model;
  const kept = layers.length * hiddenSize;
  const recomputed = 10 * hiddenSize + 5 * layers[0]!.mlp.intermediateSize;
  const activations = sequences * tokens * (kept + recomputed) * way.computed;
  const scored = sequences * completionTokens;
  // A tile, and in float32 the gradients that all tiles are added to: of the states before the head, and of the head if it is trained.
  const logits =
    Math.min(TILE.tokens, scored) * Math.min(TILE.vocabulary, vocabSize) * way.computed +
    scored * hiddenSize * 4 +
    (way.adapter === undefined ? vocabSize * hiddenSize * 4 : 0);
  const gathered = divided
    ? GATHERED_LAYERS * layerBytes(model, way) + vocabSize * hiddenSize * (way.others ?? way.weights)
    : 0;
  const caches = completions * tokens * cachedPerToken(model) * way.computed;
  return {
    state: stateBytes(model, way) / gpus,
    update: gathered + activations + logits,
    generation: (divided ? weights : 0) + caches,
  };
}

/** On a GPU that also writes the completions, or leaves that to a server on others. */
export function memoryPerGpu(size: string, way: Way, gpus: number, generates: boolean): number {
  const { state, update, generation } = memoryParts(modelOf(size), way, gpus);
  return state + (generates ? Math.max(update, generation) : update);
}

/** All of a model's weights, as they are computed with. */
const frozenBytes = (model: ModelConfig, way: Way): number =>
  sum([...parameterShapes(model)].map(([name, shape]) => sizeOf(shape) * bytesOf(name, way)));

const layerBytes = (model: ModelConfig, way: Way): number =>
  sum(
    [...parameterShapes(model)]
      .filter(([name]) => name.startsWith('model.layers.0.'))
      .map(([name, shape]) => sizeOf(shape) * bytesOf(name, way)),
  );

/** Linear layers are quantized, except for the head. */
const bytesOf = (name: string, { weights, others = weights }: Way): number =>
  name.endsWith('_proj.weight') ? weights : others;

function stateBytes(model: ModelConfig, way: Way): number {
  const { adapter, weights, gradients, moments, master } = way;
  const trained = (model: ModelConfig) => sum([...trainedShapes(model).values()].map(sizeOf));
  if (adapter === undefined) return trained(model) * (weights + gradients + moments + master);
  return frozenBytes(model, way) + trained({ ...model, lora: allLinear(adapter) }) * (4 + gradients + moments);
}

const allLinear = (r: number): Lora => ({
  ...{ r, loraAlpha: 2 * r, targetModules: 'all-linear', excludeModules: null, useRslora: false, useDora: false },
  ...{ rankPattern: {}, alphaPattern: {}, layersToTransform: null, layersPattern: null, modulesToSave: null },
});

const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0);

/** By part, what each number of a model takes. */
export const perParameter = (): string[][] => {
  const bytes = (value: number) => (value === 0 ? '–' : String(Number(value.toFixed(2))));
  return Object.entries(WAYS).map(([name, way]) => {
    const { weights, others, gradients, moments, master, adapter } = way;
    const trained = [gradients, moments, master].map(bytes);
    if (adapter === undefined)
      return [name, bytes(weights), ...trained, bytes(weights + gradients + moments + master), bytes(weights)];
    const frozen = others === undefined ? bytes(weights) : `${bytes(weights)}; embeddings, head ${bytes(others)}`;
    return [
      name,
      frozen,
      ...trained.map((each) => (each === '–' ? each : `adapter: ${each}`)),
      `${frozen}; adapter: 16`,
      '–',
    ];
  });
};

/** What an 80 GB card has for this, when a tenth goes to buffers and to what lies between others. */
const FITS = 72e9;

/** By model and way, GB of each GPU where there are 1, 8 and 64, in bold where they fit a card of 80 GB. */
export const perGpu = (generates: boolean): string[][] =>
  SIZES.map((size) => [
    size,
    ...Object.values(WAYS).map((way) =>
      GPUS.map((gpus) => {
        const bytes = memoryPerGpu(size, way, gpus, generates);
        const gigabytes = String(Math.round(bytes / 1e9));
        return bytes <= FITS ? `**${gigabytes}**` : gigabytes;
      }).join(' · '),
    ),
  ]);
