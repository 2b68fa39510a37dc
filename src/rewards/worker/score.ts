import { messageText } from '../../protocol/message-text.ts';
import type { ScoreRequest } from '../../protocol/reward-worker.ts';
import type { Prompt, RewardOutcome } from '../../protocol/rewards.ts';
import { beginCall } from '../current-call.ts';
import { reply } from './channel.ts';
import { isError } from './error-words.ts';
import type { LoadedFunction, UserFunction } from './load.ts';
import { thrown, toOutcome } from './outcome.ts';

/** As it is before the user's code runs, which may put another in its place. */
const isList = Array.isArray;

/** Calls one function on a batch and replies with the outcome of every row as soon as it is there. */
export async function score(
  { name, call, kind }: LoadedFunction,
  request: ScoreRequest,
  modules: ReadonlySet<string>,
): Promise<void> {
  const totals = beginCall(name, request.order);
  await (kind === 'batch' ? scoreBatch(call, request) : scoreRows(call, request));
  reply({ type: 'done', metrics: {}, extra: {}, totals, modules: [...modules] });
}

async function scoreBatch(call: UserFunction, request: ScoreRequest): Promise<void> {
  reply({ type: 'start', row: 0 });
  const outcomes = await batchOutcomes(call, request);
  for (const [row, outcome] of outcomes.entries()) reply({ type: 'outcome', row, outcome });
}

async function batchOutcomes(call: UserFunction, request: ScoreRequest): Promise<RewardOutcome[]> {
  const { completions } = request;
  const all = (outcome: RewardOutcome) => completions.map(() => outcome);
  try {
    const scores = await call(batchInput(request));
    if (!isList(scores))
      return all({
        kind: 'failure',
        failure: 'wrong-type',
        message: 'A batch reward must return a list with one reward per completion.',
      });
    if (scores.length !== completions.length)
      return all({
        kind: 'failure',
        failure: 'wrong-length',
        message: `The function returned ${scores.length} rewards for ${completions.length} completions; return one for each.`,
      });
    return completions.map((completion, row) => {
      const value: unknown = scores[row];
      return isError(value) ? thrown(value) : toOutcome(value, completion);
    });
  } catch (error) {
    return all(thrown(error));
  }
}

const ROWS_AT_ONCE = Symbol.for('grpo.rowsAtOnce');

/** Up to `concurrency` asynchronous rows are in flight at once; a synchronous function is never interrupted by another row. */
async function scoreRows(call: UserFunction, request: ScoreRequest): Promise<void> {
  const rows = request.rows.values();
  const lane = async () => {
    for (const row of rows) {
      reply({ type: 'start', row });
      const started = performance.now();
      const result = callRow(call, request, row);
      // No await for a synchronous result: it would let the next row start before this one's outcome is out.
      const outcome = result instanceof Promise ? await result : result;
      reply({ type: 'outcome', row, outcome, seconds: (performance.now() - started) / 1000 });
    }
  };
  // A function that keeps a processor busy for each row says how many are enough.
  const { [ROWS_AT_ONCE]: most = request.concurrency } = call as { [ROWS_AT_ONCE]?: number };
  await Promise.all(Array.from({ length: Math.min(most, request.concurrency) }, lane));
}

function callRow(call: UserFunction, request: ScoreRequest, row: number): RewardOutcome | Promise<RewardOutcome> {
  const completion = request.completions[row]!;
  try {
    const value = call(rowInput(request, row));
    if (typeof (value as PromiseLike<unknown> | null)?.then !== 'function') return toOutcome(value, completion);
    const settled = Promise.resolve(value).then((result) => toOutcome(result, completion), thrown);
    return withTimeout(settled, request.timeoutSeconds);
  } catch (error) {
    return thrown(error);
  }
}

/** A batch function's argument. */
export function batchInput({ prompts, renderedPrompts, completions, completionIds, columns }: ScoreRequest): object {
  const messages = prompts.map((prompt) => (typeof prompt === 'string' ? undefined : prompt));
  return {
    ...columns,
    prompts: prompts.map(promptText),
    ...(messages.some(Boolean) && { messages }),
    ...(renderedPrompts && { renderedPrompts }),
    completions,
    ...(completionIds && { completionIds }),
  };
}

/** A row function's argument. */
export function rowInput(request: ScoreRequest, row: number): object {
  const { prompts, renderedPrompts, completions, completionIds, columns } = request;
  const prompt = prompts[row]!;
  const own = Object.fromEntries(Object.entries(columns).map(([name, values]) => [name, values[row]]));
  return {
    ...own,
    prompt: promptText(prompt),
    ...(typeof prompt !== 'string' && { messages: prompt }),
    ...(renderedPrompts && { renderedPrompt: renderedPrompts[row] }),
    completion: completions[row],
    ...(completionIds && { completionIds: completionIds[row] }),
  };
}

const promptText = (prompt: Prompt): string =>
  typeof prompt === 'string' ? prompt : prompt.map(messageText).join('\n\n');

/** The host watches for a thread that is blocked; a promise that never settles is noticed here. */
async function withTimeout(settled: Promise<RewardOutcome>, seconds: number): Promise<RewardOutcome> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<RewardOutcome>((resolve) => {
    const give = () =>
      resolve({
        kind: 'failure',
        failure: 'timeout',
        message: `The function took longer than ${seconds} s and was stopped.`,
      });
    // One more turn of the event loop: an answer that has already arrived should count.
    timer = setTimeout(() => setImmediate(give), seconds * 1000);
  });
  try {
    return await Promise.race([settled, timeout]);
  } finally {
    clearTimeout(timer);
  }
}
