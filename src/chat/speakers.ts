import type { Engine } from '../engine/engine.ts';
import type { ModelConfig } from '../model/config.ts';
import { readQuantization } from '../model/files/adapter-files.ts';
import { readModelConfig } from '../model/files/model-config.ts';
import { computeCopies } from '../model/network/half-weights.ts';
import { packedBytes } from '../model/quantized.ts';
import { loadTokenizer, type Tokenizer } from '../model/tokenizer/tokenizer.ts';
import type { Weights } from '../model/weights-tree.ts';
import type { ChatSide } from '../protocol/chat.ts';
import type { Device } from '../protocol/run-config-fields.ts';
import { isWritten } from '../run-folder/run-lock.ts';
import { createEngine } from '../trainer/create-engine.ts';
import { mayBeOnCpu } from '../trainer/kept-weights.ts';
import { frozenModel, type ModelAsTrained, modelAsTrained } from '../trainer/model-as-trained.ts';
import { readAdapter } from '../trainer/policy/checkpoint-files.ts';
import { endTokens } from '../trainer/prompt-list.ts';
import { workloadOf } from '../trainer/workload.ts';
import { checkRoom, freeMemory, type MemoryCost, PROCESS_BYTES } from './memory.ts';
import { type ChatTarget, sharesBase } from './target.ts';

/** A model that answers. */
export interface Speaker {
  side: ChatSide;
  model: ModelConfig;
  weights: Weights;
}

/** Models on one device, with the tokenizer that they share. */
export interface Speakers {
  engine: Engine;
  tokenizer: Tokenizer;
  /** Any of these ends an answer. */
  eosTokenIds: number[];
  /** In the order in which they answer. */
  speakers: Speaker[];
}

export interface LoadOptions {
  /** Only the checkpoint, not the model that its run started from. */
  alone?: boolean;
  /** `auto`: that of the run, where there is one. */
  device?: Device;
  fp16?: boolean;
  /** Hears what it takes before anything is loaded. */
  onCost?(cost: MemoryCost): void;
  /** Gets the share of all weights that is read. */
  onLoad?(share: number): void;
}

/**
 * Loads what a target names, and beside a run's checkpoint the run's start model. An adapter's weights are put on those of the start model,
 * which are in memory once. Throws BadInput for whatever is wrong with the models, the device, or the memory that they would take.
 */
export async function loadSpeakers(target: ChatTarget, options: LoadOptions = {}): Promise<Speakers> {
  const { alone = false, onCost, onLoad } = options;
  const config = target.run === undefined ? undefined : target.loaded.config;
  const start = config?.model ?? target.model;
  const device =
    options.device === undefined || options.device === 'auto' ? (config?.device ?? 'auto') : options.device;
  const fp16 = options.fp16 || (config?.fp16 ?? false);
  const place = { device, fp16 };
  const quantization = readQuantization(target.model);
  const only = config ? undefined : modelAsTrained(target.model, place);
  // Where a model that is quantized is computed in float32, the adapter is merged into it.
  const shared = target.run !== undefined && sharesBase(target) && (!quantization || mayBeOnCpu(place));
  const beside = shared && { lora: config!.lora!, ...(quantization && { quantization }) };
  const base = config && frozenModel(start, { ...readModelConfig(start), ...beside }, place);
  const checkpoint = shared ? undefined : (only ?? frozenModel(target.model, readModelConfig(target.model), place));
  const shape = (only ?? base!).config;
  const sides = alone || !config ? 1 : 2;
  const toRead = [...(base && (shared || !alone) ? [base] : []), ...(checkpoint ? [checkpoint] : [])];
  const workloads = toRead.map(({ config }) => workloadOf(config, { trains: false, half: fp16 }));
  const together = (of: 'bytes' | 'gpuBytes') => workloads.reduce((sum, workload) => sum + workload[of], 0);
  const models = toRead.length;
  const training = target.run !== undefined && (await isWritten(target.run));
  // Each side writes with a graph of its own, which may have packed weights in it.
  const bytes = together('bytes') + sides * packedBytes(shape) + PROCESS_BYTES;
  const cost = { models, bytes, available: freeMemory(), training };
  onCost?.(cost);
  checkRoom(cost);

  const { engine } = await createEngine(place, target.run === undefined ? undefined : target.loaded.locate, {
    ...workloads[0]!,
    gpuBytes: together('gpuBytes'),
  });
  const tokenizer = loadTokenizer(start);
  const eosTokenIds = endTokens(shape, tokenizer).filter((id) => id < shape.vocabSize);
  let read = 0;
  const load = async (reader: ModelAsTrained['read']): Promise<Omit<Speaker, 'side'>> => {
    const { config: model, weights } = await reader(engine, (share) => onLoad?.((read + share) / models));
    read++;
    return { model, weights: await computeCopies(engine, model, weights) };
  };

  const speakers: Speaker[] = [];
  if (shared) {
    const own = await load(base!.read);
    const model = { ...own.model, lora: config!.lora! };
    const adapter = await computeCopies(engine, model, readAdapter(target.model, model));
    if (!alone) speakers.push({ side: 'base', ...own });
    speakers.push({ side: 'checkpoint', model, weights: { ...own.weights, ...adapter } });
  } else {
    if (base && !alone) speakers.push({ side: 'base', ...(await load(base.read)) });
    speakers.push({ side: 'checkpoint', ...(await load(checkpoint!.read)) });
  }
  return { engine, tokenizer, eosTokenIds, speakers };
}
