import { argMax, cast, div, equal, reshape, type Tensor, type Tensor1D, type Tensor2D } from '@tensorflow/tfjs-core';
import { gatherRows } from '../../engine/fused/gather-rows.ts';
import { entropy, pickLogProb } from '../../engine/fused/pick-log-prob.ts';
import type { RotaryTables } from '../../engine/fused/rotary.ts';
import type { FiguresOptions } from '../../engine/fused/vocabulary-chunk.ts';
import { type VocabularyFigures, vocabularyFigures } from '../../engine/fused/vocabulary-figures.ts';
import { stopGradient } from '../../grpo/stop-gradient.ts';
import type { GatedDeltaNet, ModelConfig } from '../config.ts';
import { type Grid, groupAttention } from './attention.ts';
import { type Chunks, groupDeltaRule } from './chunks.ts';
import { decode, logitsOf, logitsTerms, type Parameters } from './decoder.ts';
import type { DeltaInputs } from './delta-rule.ts';
import { rowsBefore } from './earlier-rows.ts';
import { packAdapters } from './lora.ts';
import { spread } from './padding.ts';
import { type PlacesInResponses, responseLogits } from './positions.ts';
import { wordsAtOnce } from './word-rows.ts';

/**
 * Groups of completions with their prompts. Tokens that the model reads are concatenated, a prompt's once for its whole group: first those of
 * the prompts, then those of the completions, without the last of each, which predicts nothing. `targets` are the completion tokens.
 */
export type SequenceTensors = {
  /** int32 [tokens]. */
  ids: Tensor1D;
  /** int32 [tokens]: each token's place in its sequence. */
  positions: Tensor1D;
  /** int32 [tokens]: the token before each in its sequence, -1 for the first; only for models that need it. */
  previous?: Tensor1D;
  /** Where the tokens are for the gated delta rule; likewise. */
  chunks?: Chunks;
  /** The model's tables for these positions, by name. */
  rotary: Record<string, RotaryTables>;
  /** Where the prompts' tokens are for attention, [prompts, longest prompt]; and int32 [prompts], how long each is. */
  prompts: Grid & { lengths: Tensor1D };
  /** Likewise those of the completions, [prompts, group, longest completion]. */
  completions: Grid;
  targets: {
    /** int32 [targets]. */
    ids: Tensor1D;
    /** int32 [targets]: the token before, from which it is predicted. */
    sources: Tensor1D;
    /** int32 [targets]: its cell in `completionTargets`. */
    cells: Tensor1D;
  };
  /** With a model of positions, the prompts and where each target is in its response. */
  places?: PlacesInResponses;
  /** The target in each cell, -1 in the padding: int32 [prompts · group, longest completion]. */
  completionTargets: Tensor2D;
};

/** What is known of each completion token, [prompts · group, longest completion]; values in the padding are meaningless. */
export interface CompletionFigures {
  /** The token's log-probability. */
  logProbs: Tensor2D;
  /** Entropy of the distribution that it was drawn from, in nats. */
  entropies?: Tensor2D;
  /** 1 where it is the likeliest token, else 0. */
  hits?: Tensor2D;
}

/** Figures of completion tokens under logits divided by `temperature`. */
export function completionFigures(
  params: Parameters,
  config: ModelConfig,
  batch: SequenceTensors,
  temperature: number,
  options: FiguresOptions,
  inChunks = wordsAtOnce(config) < config.vocabSize,
): CompletionFigures {
  const { ids } = batch.targets;
  const perTarget = (): VocabularyFigures => {
    if (batch.places)
      return ofLogits(tempered(responseLogits(params, config, batch.places), temperature), ids, options);
    const adapted = packAdapters(params, config);
    const hidden = completionStates(adapted, config, batch);
    if (!inChunks) return ofLogits(tempered(logitsOf(adapted, config, hidden), temperature), ids, options);
    const cap = config.logitCap === undefined ? {} : { cap: config.logitCap / temperature };
    return vocabularyFigures(logitsTerms(adapted, config, hidden, temperature), ids, { ...options, ...cap });
  };
  const named = Object.entries(perTarget()).map(([name, values]) => [name, byCompletion(values, batch)]);
  return Object.fromEntries(named) as unknown as CompletionFigures;
}

/** What each completion token is predicted from: [targets, hiddenSize]. */
function completionStates(adapted: Parameters, config: ModelConfig, batch: SequenceTensors): Tensor2D {
  const positions = { of: batch.positions, tables: batch.rotary };
  const mixing = {
    attend: groupAttention(config, batch),
    before: (_: number, x: Tensor2D, count: number) => rowsBefore(x, batch.previous!, count),
    deltaRule: (_: number, mixer: GatedDeltaNet, inputs: DeltaInputs) => groupDeltaRule(mixer, inputs, batch.chunks!),
  };
  const hidden = decode(adapted, config, batch.ids, positions, mixing);
  return gatherRows(hidden, batch.targets.sources) as Tensor2D;
}

const tempered = (logits: Tensor2D, temperature: number): Tensor2D =>
  temperature === 1 ? logits : div(logits, temperature);

function ofLogits(logits: Tensor2D, ids: Tensor1D, { entropies, hits }: FiguresOptions): VocabularyFigures {
  const observed = stopGradient(logits);
  return {
    logProbs: pickLogProb(logits, ids),
    ...(entropies !== 'none' && { entropies: entropy(entropies === 'learned' ? logits : observed) }),
    ...(hits && { hits: cast(equal(argMax(observed, 1), ids), 'float32') as Tensor1D }),
  };
}

function byCompletion(perTarget: Tensor, { targets, completionTargets }: SequenceTensors): Tensor2D {
  const tokens = reshape(completionTargets, [completionTargets.size]) as Tensor1D; // [prompts · group · longest]
  return reshape(spread(perTarget, { tokens, cells: targets.cells }), completionTargets.shape);
}
