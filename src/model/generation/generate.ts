import {
  add,
  all,
  cast,
  concat,
  equal,
  gather,
  less,
  logicalNot,
  logicalOr,
  mul,
  onesLike,
  range,
  reshape,
  scalar,
  slice,
  sub,
  sum,
  type Tensor,
  type Tensor1D,
  type Tensor2D,
  tensor1d,
  tile,
  zerosLike,
} from '@tensorflow/tfjs-core';
import { countUp } from '../../engine/count-up.ts';
import { loop } from '../../engine/loop.ts';
import { type Attention, isAttention, type ModelConfig } from '../config.ts';
import {
  appendToCache,
  causalAttention,
  hasWindow,
  hideOutside,
  hidePadding,
  hideUnseen,
  type KeyValues,
  masksOf,
  onceEach,
  promptKeyValues,
  repeatRows,
  splitAttention,
} from '../network/attention.ts';
import { deltaRuleInGrid } from '../network/chunks.ts';
import { decode, logitsOf, type Parameters } from '../network/decoder.ts';
import { deltaStep } from '../network/delta-rule.ts';
import { rowsBeforeInGrid, rowsBeforeInState } from '../network/earlier-rows.ts';
import { packAdapters } from '../network/lora.ts';
import type { Mixing } from '../network/mixing.ts';
import { rotaryTables } from '../network/rotary.ts';
import { type SamplingOptions, sampleToken } from './sampling.ts';

export interface GenerateOptions extends SamplingOptions {
  /** Completions per prompt. */
  group: number;
  /** Any of these ends a completion. */
  eosTokenIds: number[];
  /** No end before this many tokens. */
  minTokens: number;
}

/** What attention remembers of earlier tokens: keys and values by `keys0`, `values0`, ..., of every layer that computes its own. */
export type Caches = Record<string, Tensor>;
/** What the other mixers remember of a sequence, of one size however long it is, [sequences, ...]: that of each layer by `rows0`, `memory0`, ... */
export type States = Record<string, Tensor>;
/** Places in caches, by the number of key/value heads that they have: an index for each head of each row. */
export type Places = Record<string, Tensor>;

export type PrefillInputs = {
  params: Parameters;
  /** int32 [prompts, promptLength], padding to the right. */
  promptIds: Tensor;
  /** int32 [prompts]. */
  promptLengths: Tensor;
  /** In [0, 1), one per completion: [prompts · group]. */
  uniforms: Tensor;
};
/** The first token of every completion, [prompts · group], and what the mixers remember of the prompts: [prompts · kvHeads, promptLength, headDim]. */
export type PrefillOutputs = { ids: Tensor; logProbs: Tensor; prompts: Caches; states: States };

/** Computes each prompt once, and draws the first token of its completions. */
export function prefillProgram(config: ModelConfig, options: GenerateOptions) {
  return ({ params, promptIds, promptLengths, uniforms }: PrefillInputs): PrefillOutputs => {
    const adapted = packAdapters(params, config);
    const { logits, prompts, states } = prefillPrompts(
      adapted,
      config,
      promptIds as Tensor2D,
      promptLengths as Tensor1D,
    );
    const step = scalar(0, 'int32');
    const perCompletion = repeatRows(logits, options.group) as Tensor2D;
    const first = sampleToken(perCompletion, uniforms as Tensor1D, options, earlyEndPenalty(config, step, options));
    return { ...first, prompts, states };
  };
}

export type ArrangeInputs = {
  /** [places, tokens, headDim], or the same with its places on two axes. */
  caches: Caches;
  /** Of the same places: what comes behind. */
  appended?: Caches;
  /** int32 [slots, places of a slot]. */
  places: Places;
};

/** Brings caches to where `decodeProgram` takes them: [slots, places of a slot, tokens, headDim]. */
export function arrangeProgram(config: ModelConfig) {
  const kvHeads = kvHeadsOf(config);
  return ({ caches, appended, places }: ArrangeInputs): { caches: Caches } => ({
    caches: mapTensors(caches, (cache, name) => {
      const to = places[kvHeads.get(layerOf(name))!]!;
      const [slots, each] = to.shape as [number, number];
      const from = reshape(to, [slots * each]) as Tensor1D;
      const parts = [cache, ...(appended ? [appended[name]!] : [])].map((part) => gather(flatPlaces(part), from));
      const all = concat(parts, 1);
      return reshape(all, [slots, each, ...all.shape.slice(1)]);
    }),
  });
}

/** [places, tokens, headDim] */
const flatPlaces = (cache: Tensor): Tensor =>
  cache.rank === 3 ? cache : reshape(cache, [cache.shape[0]! * cache.shape[1]!, ...cache.shape.slice(2)]);

/** Completions in slots of `width` rows that share a prompt; how many slots there are is left open, and how much was generated. */
export type DecodeInputs = {
  params: Parameters;
  /** As `arrangeProgram` gives them. */
  prompts: Caches;
  /** int32 [slots]. */
  promptLengths: Tensor;
  /** What was generated so far, as `arrangeProgram` gives it; undefined: nothing yet. */
  caches?: Caches;
  /** Of the prompts or of earlier rows, for mixers that have states; int32 [slots, width]: where each row's is in them. */
  states?: { before: States; places: Tensor };
  /** int32 [slots, width]: the latest token of each row. */
  ids: Tensor;
  /** int32 [slots, width]: 1 for rows that have ended, or that have no completion. */
  ended: Tensor;
  /** [slots, width, maxTokens]: in [0, 1), one for each token to draw. */
  uniforms: Tensor;
  /** int32: how many tokens the rows have by now. */
  generated: Tensor;
  /** int32: no more tokens than this. */
  maxSteps: Tensor;
};
/**
 * Tokens and their log-probabilities, [steps, slots · width]; steps ≤ maxSteps. What follows a row's end token is noise. The caches, of the
 * same places, are what the steps add to those that came in; if `stepsPerRun` is 1, all of it. The states are in the order of the rows.
 */
export type DecodeOutputs = { ids: Tensor; logProbs: Tensor; caches: Caches; states: States };

/** Decodes some tokens of every row, until all have ended; one, if `stepsPerRun` is 1. */
export function decodeProgram(config: ModelConfig, options: GenerateOptions, stepsPerRun: number) {
  return (inputs: DecodeInputs): DecodeOutputs => {
    const { promptLengths, uniforms, generated, maxSteps } = inputs;
    const params = packAdapters(inputs.params, config);
    const [slots, width, maxTokens] = uniforms.shape as [number, number, number];
    const rows = slots * width;
    const layout = { prompts: slots, group: width, length: 1 };

    const kvHeads = kvHeadsOf(config);
    const promptLength = Object.values(inputs.prompts)[0]!.shape.at(-2)!;
    const prompts = mapTensors(inputs.prompts, flatPlaces);
    const past = mapTensors(inputs.caches ?? {}, flatPlaces);
    const statePlaces = inputs.states && (reshape(inputs.states.places, [rows]) as Tensor1D);
    const states = mapTensors(inputs.states?.before ?? {}, (state) => gather(state, statePlaces!));
    const columns = range(0, promptLength, 1, 'int32');
    const paddings = onceEach([...kvHeads.values()], (heads) => hidePadding(heads, promptLengths, columns));
    // Each step copies what it appends to. Where there are many, they leave alone what was there before them.
    const apart = stepsPerRun > 1;
    const caches = apart ? mapTensors(past, (cache) => slice(cache, [0, 0, 0], [-1, 0, -1])) : past;
    const numbers = reshape(uniforms, [rows, maxTokens]);
    // The latest token is right before the next one to be drawn.
    const positions = add(repeatRows(promptLengths, width), sub(generated, scalar(1, 'int32')));
    const tables = rotaryTables(config, promptLength + maxTokens);

    const { state, emitted } = loop({
      maxSteps,
      state: {
        ids: reshape(inputs.ids, [rows]),
        ended: cast(reshape(inputs.ended, [rows]), 'bool'),
        ...states,
        ...caches,
      } as Record<string, Tensor>,
      growing: mapTensors(caches, () => 1),
      body(step, { ids, ended, ...remembered }) {
        const drawn = add(generated, step);
        // How far the latest token is behind the prompt's end.
        const after = reshape(sub(drawn, scalar(1, 'int32')), [1]);
        const promptMasks = masksOf(config.layers, (mixer) => ({
          key: [mixer.kvHeads, mixer.window],
          make() {
            const padding = paddings.get(mixer.kvHeads)!;
            return hasWindow(mixer) ? add(padding, hideOutside(mixer, promptLengths, columns, after)) : padding;
          },
        }));
        const next: Record<string, Tensor> = {};
        const mixing: Mixing = {
          attend(layer, mixer, projections) {
            const { sharedFrom: from = layer } = mixer;
            if (from === layer)
              for (const name of ['keys', 'values'] as const)
                next[`${name}${layer}`] = appendToCache(remembered[`${name}${layer}`], projections[name], layout);
            const parts = [...(apart ? [ofLayer(past, from)] : []), ofLayer(next, from)];
            const prompt = { ...ofLayer(prompts, from), mask: promptMasks[layer]! };
            return splitAttention(mixer, layout, projections.queries, prompt, inWindow(parts, mixer, after));
          },
          before(layer, x) {
            const { rows, state } = rowsBeforeInState(x, remembered[`rows${layer}`]!);
            next[`rows${layer}`] = state;
            return rows;
          },
          deltaRule(layer, _, tokens) {
            const { outputs, state } = deltaStep(tokens, remembered[`memory${layer}`]!);
            next[`memory${layer}`] = state;
            return outputs;
          },
        };
        const at = add(positions, step) as Tensor1D;
        const hidden = decode(params, config, ids as Tensor1D, { of: at, tables }, mixing);
        const u = reshape(gather(numbers, reshape(drawn, [1]), 1), [rows]) as Tensor1D;
        const penalty = earlyEndPenalty(config, drawn, options);
        const drawnNow = sampleToken(logitsOf(params, config, hidden), u, options, penalty);
        const over = logicalOr(ended!, isOneOf(drawnNow.ids, options.eosTokenIds));
        return {
          state: { ids: drawnNow.ids as Tensor, ended: over, ...next },
          emit: { ids: drawnNow.ids as Tensor, logProbs: drawnNow.logProbs as Tensor },
          proceed: logicalNot(all(over)),
        };
      },
    });
    const pick = (isWanted: (name: string) => boolean) =>
      Object.fromEntries(Object.entries(state).filter(([name]) => isWanted(name)));
    const bySlot = (cache: Tensor, name: string) =>
      reshape(cache, [slots, width * kvHeads.get(layerOf(name))!, ...cache.shape.slice(1)]);
    return {
      ...{ ids: emitted.ids, logProbs: emitted.logProbs },
      caches: mapTensors(pick(isOfCache), bySlot),
      states: pick((name) => name in states),
    };
  };
}

/** With a mask on what of these tokens, one part after the other, is not in the window of the token at place `after` among them. */
function inWindow(parts: KeyValues[], { window }: Attention, after: Tensor): KeyValues[] {
  if (window === undefined) return parts;
  let before: Tensor = scalar(0, 'int32');
  return parts.map((part) => {
    const column = countUp(reshape(slice(part.keys, [0, 0, 0], [1, -1, 1]), [-1]));
    const mask = hideUnseen(after, add(column, before), window);
    before = add(before, sum(onesLike(column)));
    return { ...part, mask };
  });
}

const mapTensors = <T>(tensors: Caches, each: (tensor: Tensor, name: string) => T): Record<string, T> =>
  Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [name, each(tensor, name)]));

const ofLayer = (caches: Caches, layer: number): KeyValues => ({
  keys: caches[`keys${layer}`]!,
  values: caches[`values${layer}`]!,
});

const isOfCache = (name: string): boolean => /^(keys|values)\d/.test(name);

/** The numbers of key/value heads of the layers that have attention. */
export const kvHeadsOf = ({ layers }: ModelConfig): Map<number, number> =>
  new Map(layers.flatMap(({ mixer }, layer) => (isAttention(mixer) ? [[layer, mixer.kvHeads]] : [])));

/** The layer of a cache's name. */
export const layerOf = (name: string): number => Number(/\d+$/.exec(name)![0]);

/** Runs the prompts through the model: next-token logits [prompts, vocabulary] and what every layer's mixer remembers. */
function prefillPrompts(params: Parameters, config: ModelConfig, ids: Tensor2D, lengths: Tensor1D) {
  const [prompts, length] = ids.shape;
  const caches: Caches = {};
  const states: States = {};
  const columns = range(0, length, 1, 'int32');
  const causal = causalAttention(config, prompts, columns);
  const mixing: Mixing = {
    attend(layer, mixer, projections) {
      if (mixer.sharedFrom === undefined) {
        const { keys, values } = promptKeyValues(mixer, projections, prompts);
        caches[`keys${layer}`] = keys;
        caches[`values${layer}`] = values;
      }
      return causal(layer, mixer, projections);
    },
    before(layer, x, count) {
      const { rows, state } = rowsBeforeInGrid(x, lengths, count);
      states[`rows${layer}`] = state;
      return rows;
    },
    deltaRule(layer, _, tokens) {
      const { outputs, state } = deltaRuleInGrid(tokens, lengths);
      states[`memory${layer}`] = state;
      return outputs;
    },
  };
  const positions = { of: tile(columns, [prompts]) as Tensor1D, tables: rotaryTables(config, length) };
  const hidden = decode(params, config, reshape(ids, [prompts * length]) as Tensor1D, positions, mixing);
  const last = add(range(0, prompts * length, length, 'int32'), sub(lengths, scalar(1, 'int32'))) as Tensor1D;
  return { logits: logitsOf(params, config, gather(hidden, last) as Tensor2D), prompts: caches, states };
}

/** Added to logits before drawing: puts the end tokens out of reach until `minTokens` tokens were drawn. */
function earlyEndPenalty(
  { vocabSize }: ModelConfig,
  step: Tensor,
  { minTokens, eosTokenIds }: GenerateOptions,
): Tensor | undefined {
  if (minTokens === 0) return undefined;
  const ends = tensor1d(Array.from({ length: vocabSize }, (_, id) => (eosTokenIds.includes(id) ? -1e9 : 0)));
  return mul(ends, cast(less(step, scalar(minTokens, 'int32')), 'float32'));
}

function isOneOf(ids: Tensor, candidates: number[]): Tensor {
  return candidates
    .map((id) => equal(ids, scalar(id, 'int32')))
    .reduce((either: Tensor, one) => logicalOr(either, one), cast(zerosLike(ids), 'bool'));
}
