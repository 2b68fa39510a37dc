import { addToTotals } from '../../current-call.ts';
import type { EndpointOptions } from './endpoint-options.ts';

/** What is counted of a judge: `judge/FUNCTION/calls`, `…/cached`, `…/prompt_tokens`, `…/completion_tokens` and `…/cost` of the metrics. */
const count = (amounts: Record<string, number>): void => addToTotals('judge', amounts);

/** A request, whatever becomes of it. */
export const countCall = (): void => count({ calls: 1, cached: 0 });

/** A question that was answered before. */
export const countCached = (): void => count({ calls: 0, cached: 1 });

/** Groups that a judge saw in the order that was asked for. */
export const countInOrder = (groups: number): void => count({ in_order: groups });

/** Tokens that a local judge has read; it writes none. */
export const countRead = (tokens: number): void => count({ prompt_tokens: tokens });

const PER_MILLION = 1e-6;

/** Adds up what a server says of the tokens of its answers. */
export class Usage {
  readonly #where: string;
  readonly #prices: EndpointOptions['prices'];
  #told = false;

  constructor({ url, prices }: Pick<EndpointOptions, 'url' | 'prices'>) {
    const given = Object.values(prices ?? {});
    if (prices && (given.length !== 2 || !given.every((price) => Number.isFinite(price) && price >= 0)))
      throw new Error(
        `A judge's prices are { prompt, completion }, each what a million tokens cost, not ${JSON.stringify(prices)}.`,
      );
    this.#where = url;
    this.#prices = prices;
  }

  /** `usage` of an answer, also of one that turns out to be of no use: it is paid for. */
  add(usage: unknown): void {
    const { prompt_tokens: read, completion_tokens: written } = (usage ?? {}) as Record<string, unknown>;
    if (!isCount(read) || !isCount(written)) {
      this.#tellOnce();
      return;
    }
    const prices = this.#prices;
    count({
      ...{ prompt_tokens: read, completion_tokens: written },
      ...(prices && { cost: PER_MILLION * (read * prices.prompt + written * prices.completion) }),
    });
  }

  /** No number is better than one that is too low. */
  #tellOnce(): void {
    if (!this.#prices || this.#told) return;
    this.#told = true;
    console.warn(`The judge at ${this.#where} does not say how many tokens its answers took: their cost is unknown.`);
  }
}

const isCount = (value: unknown): value is number => Number.isInteger(value) && (value as number) >= 0;
