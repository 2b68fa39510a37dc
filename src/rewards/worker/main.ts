// A reward worker: a disposable process in which the user's TypeScript and JavaScript rewards run.
import type { LoadRequest } from '../../protocol/reward-worker.ts';
import { REWARD_WORKER_VERSION } from '../../protocol/rewards.ts';
import { onRequest, reply } from './channel.ts';
import { watchLifeline } from './lifeline.ts';
import { type LoadedFile, loadRewardFile } from './load.ts';
import { describeError } from './outcome.ts';
import { score } from './score.ts';
import { placeOfError } from './source-place.ts';

await watchLifeline();

// Deep in a package, the user's own frame is more than the usual ten away.
Error.stackTraceLimit = 50;

/** An exception outside any call belongs to no row for certain. As everywhere in Node it ends the process: what waits for it would never get it. */
const endAfter = (where: string) => (error: unknown) => {
  reply({ type: 'stray', message: `${describeError(error)} (${where})`, ...placeOfError(error), fatal: true });
  process.exit(1);
};
process.on('uncaughtException', endAfter("outside the function's own call, as in a timer"));
process.on('unhandledRejection', endAfter('a rejected promise that nothing awaits'));

let loaded: LoadedFile = { functions: [], others: new Set() };

async function load(request: LoadRequest): Promise<void> {
  try {
    loaded = await loadRewardFile(request);
    reply({
      type: 'ready',
      version: REWARD_WORKER_VERSION,
      functions: loaded.functions.map(({ call: _, ...described }) => described),
      modules: [...loaded.others],
    });
  } catch (error) {
    reply({ type: 'load-failed', message: describeError(error), ...placeOfError(error) });
  }
}

onRequest((request) => {
  switch (request.type) {
    case 'load':
      load(request);
      break;
    case 'score':
      score(loaded.functions.find(({ name }) => name === request.name)!, request, loaded.others);
      break;
    default:
      request satisfies never;
  }
});
