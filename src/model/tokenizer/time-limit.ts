import { createContext, Script } from 'node:vm';

const call = new Script('work()');
const context = createContext({ work: undefined }) as { work: unknown };

/** A calculation that did not end in its time. */
export class TimeIsUp extends Error {}

/**
 * Runs a synchronous calculation for so long at most; throws TimeIsUp. V8 heeds the limit in the middle of a regular expression too, whose
 * backtracking may take longer than anyone lives. Within another such calculation that one's limit holds: V8 starts a thread for each limit,
 * which takes longer than decoding a dozen tokens.
 */
export function withinSeconds<T>(seconds: number, work: () => T): T {
  if (context.work) return work();
  context.work = work;
  try {
    return call.runInContext(context, { timeout: Math.ceil(seconds * 1000) }) as T;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_SCRIPT_EXECUTION_TIMEOUT') throw error;
    throw new TimeIsUp(`it took longer than ${Math.ceil(seconds)} s`);
  } finally {
    context.work = undefined;
  }
}
