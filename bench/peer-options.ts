import { BadInput } from '../src/protocol/errors.ts';
import { type LengthRange, parseLengths } from './lengths.ts';
import { countOf, parseOptions } from './options.ts';
import type { Subject } from './subject.ts';

/** What TRL computes in; we compute in float32. */
export const PEER_PRECISIONS = {
  float32: 'float32',
  bfloat16: 'bfloat16 weights and arithmetic',
  autocast: 'float32 weights, bfloat16 autocast',
} as const;
export type PeerPrecision = keyof typeof PEER_PRECISIONS;

/** Weight of the KL divergence from the reference policy. */
export const BETA = 0.04;

/** The work of one step, the same on both sides. */
export interface Work extends Subject {
  prompts: number;
  generations: number;
  /** Tokens of every completion, or of the shortest and the longest. */
  tokens: number | LengthRange;
  /** Prompts are made this long; undefined: as they are. */
  promptTokens?: number | undefined;
  peerPrecision: PeerPrecision;
  /** Parts in which TRL computes a step's gradients, for steps whose activations do not fit into memory at once. */
  peerMicroBatches: number;
}

export interface PeerOptions extends Work {
  /** Steps of each side that count. */
  steps: number;
  /** Those before that do not: ours compile their graphs, theirs fill caches. */
  warmUp: number;
  /** Without TRL. */
  alone: boolean;
  json: boolean;
}

const OPTIONS = {
  model: { type: 'string' },
  lora: { type: 'string' },
  quantization: { type: 'string' },
  'gradient-checkpointing': { type: 'boolean', default: false },
  prompts: { type: 'string', default: '4' },
  generations: { type: 'string', default: '8' },
  tokens: { type: 'string' },
  lengths: { type: 'string' },
  'prompt-tokens': { type: 'string' },
  'peer-precision': { type: 'string', default: 'float32' },
  'peer-micro-batches': { type: 'string', default: '1' },
  steps: { type: 'string', default: '7' },
  'warm-up': { type: 'string', default: '2' },
  alone: { type: 'boolean', default: false },
  json: { type: 'boolean', default: false },
} as const;

/** `benchmark` is its name, for messages. Throws BadInput for the first option that is wrong. */
export function readPeerOptions(benchmark: string, args: string[]): PeerOptions {
  const read = parseOptions(benchmark, args, OPTIONS);
  const { model, lengths, alone, json, 'peer-precision': peerPrecision } = read;
  if (read.tokens !== undefined && lengths !== undefined)
    throw new BadInput('Give --tokens, one length for all completions, or --lengths, not both.');
  if (!isPrecision(peerPrecision))
    throw new BadInput(`--peer-precision ${peerPrecision}: give one of ${Object.keys(PEER_PRECISIONS).join(', ')}.`);
  if (alone && peerPrecision !== 'float32') throw new BadInput('--peer-precision has no meaning without TRL.');
  if (read.quantization !== undefined && !alone)
    throw new BadInput('--quantization needs --alone: TRL has no such blocks.');
  if (read['gradient-checkpointing'] && !alone)
    throw new BadInput('--gradient-checkpointing needs --alone: TRL keeps its activations.');
  if (read['prompt-tokens'] !== undefined && model === undefined)
    throw new BadInput("--prompt-tokens needs --model: the sample's model cannot read a long text.");
  const prompts = countOf('prompts', read.prompts);
  const generations = countOf('generations', read.generations);
  const peerMicroBatches = countOf('peer-micro-batches', read['peer-micro-batches']);
  if ((prompts * generations) % peerMicroBatches !== 0)
    throw new BadInput(
      `--peer-micro-batches ${peerMicroBatches} does not divide ${prompts} × ${generations} completions.`,
    );
  return {
    model,
    lora: countOf('lora', read.lora),
    quantization: read.quantization,
    checkpointing: read['gradient-checkpointing'],
    prompts,
    generations,
    tokens: lengths === undefined ? countOf('tokens', read.tokens ?? '64') : parseLengths(lengths),
    promptTokens: countOf('prompt-tokens', read['prompt-tokens']),
    peerPrecision,
    peerMicroBatches,
    steps: countOf('steps', read.steps),
    warmUp: countOf('warm-up', read['warm-up']),
    ...{ alone, json },
  };
}

const isPrecision = (name: string): name is PeerPrecision => Object.hasOwn(PEER_PRECISIONS, name);
