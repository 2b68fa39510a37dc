import { argMax, cast, div, equal, reshape, type Tensor, type Tensor1D, type Tensor2D } from '@tensorflow/tfjs-core';
import { gatherRows } from '../../engine/fused/gather-rows.ts';
import { entropy, pickLogProb } from '../../engine/fused/pick-log-prob.ts';
import type { RotaryTables } from '../../engine/fused/rotary.ts';
import type { GatedDeltaNet, ModelConfig } from '../config.ts';
import { type Grid, groupAttention } from './attention.ts';
import { type Chunks, groupDeltaRule } from './chunks.ts';
import { decode, logitsOf, type Parameters } from './decoder.ts';
import type { DeltaInputs } from './delta-rule.ts';
import { rowsBefore } from './earlier-rows.ts';
import { packAdapters } from './lora.ts';
import { spread } from './padding.ts';
import { type PlacesInResponses, responseLogits } from './positions.ts';

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

/** Logits from which each completion token was drawn, divided by `temperature`: [targets, vocabulary]. */
export function completionLogits(
  params: Parameters,
  config: ModelConfig,
  batch: SequenceTensors,
  temperature: number,
): Tensor2D {
  if (batch.places) return tempered(responseLogits(params, config, batch.places), temperature);
  const { ids, targets } = batch;
  const positions = { of: batch.positions, tables: batch.rotary };
  const adapted = packAdapters(params, config);
  const mixing = {
    attend: groupAttention(config, batch),
    before: (_: number, x: Tensor2D, count: number) => rowsBefore(x, batch.previous!, count),
    deltaRule: (_: number, mixer: GatedDeltaNet, inputs: DeltaInputs) => groupDeltaRule(mixer, inputs, batch.chunks!),
  };
  const hidden = decode(adapted, config, ids, positions, mixing);
  return tempered(logitsOf(adapted, config, gatherRows(hidden, targets.sources) as Tensor2D), temperature);
}

const tempered = (logits: Tensor2D, temperature: number): Tensor2D =>
  temperature === 1 ? logits : div(logits, temperature);

/** Log-probability of every completion token, [prompts · group, longest completion]; values in the padding are meaningless. */
export const completionLogProbs = (logits: Tensor2D, batch: SequenceTensors): Tensor2D =>
  byCompletion(pickLogProb(logits, batch.targets.ids), batch);

/** Entropy of the distribution that each completion token was drawn from, in nats: [prompts · group, longest completion]. */
export const completionEntropies = (logits: Tensor2D, batch: SequenceTensors): Tensor2D =>
  byCompletion(entropy(logits), batch);

/** 1 where a completion token is the likeliest one, else 0: float32 [prompts · group, longest completion]. */
export const completionHits = (logits: Tensor2D, batch: SequenceTensors): Tensor2D =>
  byCompletion(cast(equal(argMax(logits, 1), batch.targets.ids), 'float32'), batch);

function byCompletion(perTarget: Tensor, { targets, completionTargets }: SequenceTensors): Tensor2D {
  const tokens = reshape(completionTargets, [completionTargets.size]) as Tensor1D; // [prompts · group · longest]
  return reshape(spread(perTarget, { tokens, cells: targets.cells }), completionTargets.shape);
}
