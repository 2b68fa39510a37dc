import type { Compiled, Engine } from '../../engine/engine.ts';
import { type ArraysOf, floats, leaveOpen, type NdArray } from '../../engine/tree.ts';
import { isAttention, type ModelConfig } from '../config.ts';
import type { ArrangeInputs, Caches, States } from './caches.ts';
import type { DecodeInputs, DecodeOutputs } from './decode.ts';
import { arrangeOnHost } from './host-caches.ts';
import type { PrefillOutputs } from './prefill.ts';
import { cachePlaces, perSlot, promptPlaces, type Slots, sameSlots, statePlaces } from './slots.ts';

export type Arrange = Compiled<ArrangeInputs, { caches: Caches }>;

/** What a model's mixers remember of completions between the runs that write them. */
export class Memory {
  readonly #engine: Engine;
  readonly #config: ModelConfig;
  readonly #arrange: Arrange;
  /** Caches grow outside the runs, by what each adds: one that takes a single step appends to them itself. */
  readonly #growsOutside: boolean;
  /** In the order of the prompts. */
  readonly #prompts: ArraysOf<Caches>;
  /** A copy for each slot. */
  #promptsOfSlots: ArraysOf<Caches> | undefined;
  #caches: ArraysOf<Caches> = {};
  #appended: ArraysOf<Caches> | undefined;
  #states: ArraysOf<States> | undefined;
  /** Those of the latest run. */
  #slots: Slots | undefined;

  constructor(
    { engine, config, arrange }: { engine: Engine; config: ModelConfig; arrange: Arrange },
    { prompts, states }: Pick<ArraysOf<PrefillOutputs>, 'prompts'> & { states?: ArraysOf<States> },
  ) {
    this.#engine = engine;
    this.#config = config;
    this.#arrange = arrange;
    this.#growsOutside = engine.stepsPerRun > 1;
    this.#prompts = prompts;
    this.#states = states;
  }

  /** Brings it to where a run of these slots takes it. */
  async bringTo(slots: Slots): Promise<Pick<ArraysOf<DecodeInputs>, 'prompts' | 'caches' | 'states'>> {
    const { width } = slots;
    const before = this.#slots;
    const moves = !before || !sameSlots(slots, before);
    if (moves) {
      if (this.#promptsOfSlots) this.#engine.release(this.#promptsOfSlots);
      this.#promptsOfSlots = undefined;
      const places = this.#places((kvHeads) => perSlot(promptPlaces(slots, kvHeads), kvHeads));
      this.#promptsOfSlots = await this.#arranged({ caches: this.#prompts, places }, () => {});
    }
    if (before && (moves || this.#appended)) {
      const inputs = {
        caches: opened(this.#caches, ['caches', undefined, 'past']),
        ...(this.#appended && { appended: opened(this.#appended, ['caches', undefined, 'added']) }),
        places: this.#places((kvHeads) => perSlot(cachePlaces(slots, before, kvHeads), kvHeads * width)),
      };
      this.#caches = await this.#arranged(inputs, (caches) => this.#engine.release(caches));
      this.#appended = undefined;
    } else if (this.#growsOutside) this.#caches = emptyLike(this.#promptsOfSlots!, width);
    this.#slots = slots;
    return {
      prompts: opened(this.#promptsOfSlots!, ['slots']),
      caches: opened(this.#caches, ['slots', undefined, 'past']),
      ...(this.#states && {
        states: { before: opened(this.#states, ['earlier']), places: perSlot(statePlaces(slots, before), width) },
      }),
    };
  }

  /** Takes what the run has given. */
  take({ caches, states }: Pick<ArraysOf<DecodeOutputs>, 'caches'> & { states?: ArraysOf<States> }): void {
    if (this.#states) this.#engine.release(this.#states);
    this.#states = states;
    if (this.#growsOutside) {
      this.#appended = caches;
      return;
    }
    this.#engine.release(this.#caches);
    this.#caches = caches;
  }

  release(): void {
    for (const arrays of [this.#prompts, this.#promptsOfSlots, this.#caches, this.#appended, this.#states])
      if (arrays) this.#engine.release(arrays);
  }

  /** `done` hears of what is no longer needed. */
  async #arranged(
    inputs: ArraysOf<ArrangeInputs>,
    done: (caches: ArraysOf<Caches>) => void,
  ): Promise<ArraysOf<Caches>> {
    if (this.#engine.name === 'cpu') return arrangeOnHost(this.#config, inputs, done);
    const { caches } = await this.#arrange.run(inputs);
    done(inputs.caches);
    if (inputs.appended) done(inputs.appended);
    return caches;
  }

  /** Places by the numbers of key/value heads that layers have. */
  #places(of: (kvHeads: number) => NdArray): Record<string, NdArray> {
    const kvHeads = new Set(this.#config.layers.flatMap(({ mixer }) => (isAttention(mixer) ? [mixer.kvHeads] : [])));
    return Object.fromEntries([...kvHeads].map((heads) => [heads, of(heads)]));
  }
}

/** Of no tokens yet, for rows of slots that have these prompts. */
const emptyLike = (prompts: ArraysOf<Caches>, width: number): ArraysOf<Caches> =>
  Object.fromEntries(
    Object.entries(prompts as Record<string, NdArray>).map(([name, { shape }]) => {
      const [slots, kvHeads, , headDim] = shape as [number, number, number, number];
      return [name, floats([], [slots, kvHeads * width, 0, headDim])];
    }),
  );

const opened = (caches: ArraysOf<Caches>, open: NonNullable<NdArray['open']>): ArraysOf<Caches> =>
  Object.fromEntries(Object.entries(caches).map(([name, cache]) => [name, leaveOpen(cache as NdArray, open)]));
