import type { Compiled, Engine } from '../../engine/engine.ts';
import { floats, ints, type NdArray } from '../../engine/tree.ts';
import { cachedPerToken, type ModelConfig, stateSize } from '../config.ts';
import { givesUpGraphs } from '../network/activations.ts';
import { padRight } from '../network/batch.ts';
import { checkLogProb } from '../not-finite.ts';
import { packsWeights } from '../quantized.ts';
import type { Weights } from '../weights-tree.ts';
import { arrangeProgram } from './caches.ts';
import { type DecodeInputs, type DecodeOutputs, decodeProgram } from './decode.ts';
import type { GenerateOptions } from './ends.ts';
import { type Arrange, Memory } from './memory.ts';
import { type PrefillInputs, type PrefillOutputs, prefillProgram } from './prefill.ts';
import { packIntoSlots, perSlot, type Row, type Slots, WIDTHS } from './slots.ts';

/** One sampled completion. */
export interface Completion {
  /** Its end token included, where it has one. */
  ids: number[];
  /** Log-probability of each token when it was drawn. */
  logProbs: number[];
  /** It ran into the token limit before an end token. */
  truncated: boolean;
}

/** Who follows completions token by token. Where nobody does, the engine takes many tokens at once. */
export interface TokenListener {
  /** Hears each token of a completion, by its place among the completions, as soon as it is drawn. */
  onToken(completion: number, id: number): void;
  /** Asked between tokens: whether to go on. Completions that are broken off count as truncated. */
  goOn(): Promise<boolean>;
}

/** Who hears of completions while others are being written. */
export interface SampleListeners {
  /** Of each token. There must be one prompt. */
  tokens?: TokenListener | undefined;
  /** Of each completion once it has ended, by its place among the completions. */
  onEnd?: ((index: number, completion: Completion) => void) | undefined;
}

/** Samples completions for prompts, a group for each. */
export interface CompletionSampler {
  /**
   * `uniforms` has maxTokens · prompts · group numbers in [0, 1). Completions come group by group. Throws NotFiniteModel where the model
   * computes NaN.
   */
  sample(
    weights: Weights,
    prompts: readonly number[][],
    maxTokens: number,
    uniforms: Float32Array,
    listeners?: SampleListeners,
  ): Promise<Completion[]>;
  /** Frees the compiled graphs. */
  dispose(): Promise<void>;
}

/** What the caches of completions written at the same time may take; others wait. */
export const CACHE_BYTES = 2 ** 29;

/** Samples completions token after token. */
export class Sampler implements CompletionSampler {
  readonly #config: ModelConfig;
  readonly #options: GenerateOptions;
  readonly #engine: Engine;
  readonly #prefill: Compiled<PrefillInputs, PrefillOutputs>;
  readonly #widths: readonly number[];
  readonly #decode: Compiled<DecodeInputs, DecodeOutputs>;
  readonly #arrange: Arrange;

  constructor(engine: Engine, config: ModelConfig, options: GenerateOptions) {
    this.#engine = engine;
    this.#config = config;
    this.#options = options;
    this.#prefill = engine.compile('prefill', prefillProgram(config, options), {
      resident: ['prompts', 'states'],
      halves: ['prompts'],
    });
    // A graph with the weights in it takes as much memory as they do: there is one only.
    const packsFrozen = packsWeights(config);
    this.#widths = packsFrozen ? WIDTHS.filter((width) => width <= options.group).slice(0, 1) : WIDTHS;
    this.#decode = engine.compile('decoding', decodeProgram(config, options, engine.stepsPerRun), {
      resident: ['caches', 'states'],
      halves: ['caches'],
      smallSizes: ['slots'],
      ...(packsFrozen && { packsFrozen, maxGraphs: 1 }),
    });
    this.#arrange = engine.compile('arranging', arrangeProgram(config), { resident: ['caches'], halves: ['caches'] });
  }

  async sample(
    weights: Weights,
    prompts: readonly number[][],
    maxTokens: number,
    uniforms: Float32Array,
    listeners: SampleListeners = {},
  ): Promise<Completion[]> {
    const { group } = this.#options;
    const rows = prompts.length * group;
    const numbersOf = (row: number) =>
      Float32Array.from({ length: maxTokens }, (_, step) => uniforms[step * rows + row]!);
    const each = this.#engine.half ? Uint16Array.BYTES_PER_ELEMENT : Float32Array.BYTES_PER_ELEMENT;
    const states = stateSize(this.#config) * Float32Array.BYTES_PER_ELEMENT;
    const bytes = group * (maxTokens * cachedPerToken(this.#config) * each + states);
    const atOnce = Math.max(1, Math.floor(CACHE_BYTES / bytes));
    const completions: Completion[] = [];
    for (let start = 0; start < prompts.length; start += atOnce) {
      const some = prompts.slice(start, start + atOnce);
      const numbers = Array.from({ length: some.length * group }, (_, row) => numbersOf(start * group + row));
      const ended = (index: number, completion: Completion) => listeners.onEnd?.(start * group + index, completion);
      completions.push(...(await this.#write(weights, some, numbers, { ...listeners, onEnd: ended })));
    }
    if (givesUpGraphs(this.#config, this.#engine)) await this.#decode.dispose();
    return completions;
  }

  async dispose(): Promise<void> {
    await Promise.all([this.#prefill, this.#decode, this.#arrange].map((program) => program.dispose()));
  }

  /** Completions written at the same time; `uniforms` has a number per token for each. */
  async #write(
    weights: Weights,
    prompts: readonly number[][],
    uniforms: Float32Array[],
    { tokens, onEnd }: SampleListeners,
  ): Promise<Completion[]> {
    const { group } = this.#options;
    const maxTokens = uniforms[0]!.length;
    const promptLengths = prompts.map((prompt) => prompt.length);
    const first = await this.#prefill.run({
      params: weights,
      promptIds: padRight(prompts as number[][]),
      promptLengths: ints(promptLengths),
      uniforms: floats(uniforms.map((numbers) => numbers[0]!)),
    });
    if (givesUpGraphs(this.#config, this.#engine)) await this.#prefill.dispose();
    const memory = new Memory({ engine: this.#engine, config: this.#config, arrange: this.#arrange }, first);
    try {
      const completions = uniforms.map((): Completion => ({ ids: [], logProbs: [], truncated: true }));
      let active: Row[] = completions.map((_, index) => ({ index, prompt: Math.floor(index / group) }));
      const append = (index: number, id: number, logProb: number) => {
        const completion = completions[index]!;
        this.#append(completion, id, logProb);
        tokens?.onToken(index, id);
        if (!completion.truncated) onEnd?.(index, completion);
      };
      active.forEach(({ index }) => {
        append(index, first.ids.data[index]!, first.logProbs.data[index]!);
      });

      // Completions that have ended are dropped between runs.
      const stepsPerRun = tokens ? 1 : this.#engine.stepsPerRun;
      for (let generated = 1; generated < maxTokens; generated += stepsPerRun) {
        active = active.filter(({ index }) => completions[index]!.truncated);
        if (active.length === 0 || (tokens && !(await tokens.goOn()))) break;
        const slots = packIntoSlots(active, Math.max(...promptLengths), this.#widths);
        const { width } = slots;
        const rows = slots.rows.length;
        const result = await this.#decode.run({
          params: weights,
          ...(await memory.bringTo(slots)),
          promptLengths: { ...ints(slots.prompts.map((prompt) => promptLengths[prompt]!)), open: ['slots'] },
          ids: perSlot(
            slots.rows.map((row) => (row ? completions[row.index]!.ids.at(-1)! : 0)),
            width,
          ),
          ended: perSlot(
            slots.rows.map((row) => (row ? 0 : 1)),
            width,
          ),
          uniforms: this.#uniforms(slots, uniforms, maxTokens),
          generated: integer(generated),
          maxSteps: integer(Math.min(stepsPerRun, maxTokens - generated)),
        });
        memory.take(result);
        const steps = result.ids.shape[0]!;
        slots.rows.forEach((row, place) => {
          if (!row) return;
          const completion = completions[row.index]!;
          for (let step = 0; step < steps && completion.truncated; step++)
            append(row.index, result.ids.data[step * rows + place]!, result.logProbs.data[step * rows + place]!);
        });
      }
      for (const [index, completion] of completions.entries()) if (completion.truncated) onEnd?.(index, completion);
      return completions;
    } finally {
      memory.release();
    }
  }

  #append(completion: Completion, id: number, logProb: number): void {
    checkLogProb(logProb);
    completion.ids.push(id);
    completion.logProbs.push(logProb);
    completion.truncated = !this.#options.eosTokenIds.includes(id);
  }

  #uniforms({ rows, width }: Slots, uniforms: Float32Array[], maxTokens: number): NdArray {
    const numbers = new Float32Array(rows.length * maxTokens);
    rows.forEach((row, place) => {
      if (row) numbers.set(uniforms[row.index]!, place * maxTokens);
    });
    return { ...floats(numbers, [rows.length / width, width, maxTokens]), open: ['slots'] };
  }
}

const integer = (value: number): NdArray => ints([value], []);
