import type { AnswerOrder } from '../protocol/rewards.ts';
import type { Totals } from './totals.ts';

/**
 * What the worker and the library that reward files import tell each other of the function that is being called. The library is a bundle of its own,
 * so that they meet at a symbol. In a debugger there is no worker, and nobody hears of anything.
 */
interface CurrentCall {
  function: string;
  /** What it uses up: sums, where `log_metric` has means. */
  totals: Totals;
  order: AnswerOrder | undefined;
}

const CALL = Symbol.for('grpo.currentCall');
const shared = globalThis as { [CALL]?: CurrentCall };

/** For the worker: gives the function's totals, which grow while it is called. */
export function beginCall(name: string, order: AnswerOrder | undefined): Totals {
  const totals: Totals = {};
  shared[CALL] = { function: name, totals, order };
  return totals;
}

/** For the library: adds to `KIND/FUNCTION/NAME`. */
export function addToTotals(kind: string, amounts: Totals): void {
  const call = shared[CALL];
  if (!call) return;
  for (const [name, amount] of Object.entries(amounts)) {
    const key = `${kind}/${call.function}/${name}`;
    call.totals[key] = (call.totals[key] ?? 0) + amount;
  }
}

/** For the library: the order in which a judge should see the completions of a group; undefined: the function's own. */
export const orderOfAnswers = (): AnswerOrder | undefined => shared[CALL]?.order;
