import {
  add,
  all,
  cast,
  gather,
  logicalNot,
  logicalOr,
  onesLike,
  range,
  reshape,
  scalar,
  slice,
  sub,
  sum,
  type Tensor,
  type Tensor1D,
} from '@tensorflow/tfjs-core';
import { countUp } from '../../engine/count-up.ts';
import { loop } from '../../engine/loop.ts';
import type { Attention, ModelConfig } from '../config.ts';
import { decode, logitsOf, type Parameters } from '../network/decoder.ts';
import { deltaStep } from '../network/delta-rule.ts';
import { rowsBeforeInState } from '../network/earlier-rows.ts';
import { packAdapters } from '../network/lora.ts';
import { hasWindow, hideOutside, hidePadding, hideUnseen, masksOf, onceEach, repeatRows } from '../network/masks.ts';
import type { Mixing } from '../network/mixing.ts';
import { rotaryTables } from '../network/rotary.ts';
import { appendToCache, type KeyValues, splitAttention } from '../network/split-attention.ts';
import { type Caches, flatPlaces, isOfCache, kvHeadsOf, layerOf, mapTensors, ofLayer, type States } from './caches.ts';
import { earlyEndPenalty, type GenerateOptions, isOneOf } from './ends.ts';
import { sampleToken } from './sampling.ts';

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
