// A reward worker: a disposable process in which the user's TypeScript and JavaScript rewards run.
import type { LoadRequest } from '../../protocol/reward-worker.ts';
import { REWARD_WORKER_VERSION } from '../../protocol/rewards.ts';
import { onRequest, reply } from './channel.ts';
import { watchLifeline } from './lifeline.ts';
import { type LoadedFunction, loadRewardFile } from './load.ts';
import { describeError } from './outcome.ts';
import { score } from './score.ts';
import { placeOfError } from './source-place.ts';

await watchLifeline();

// An exception outside any call, such as in a timer, or a promise that nobody awaits: it belongs to no row for certain.
process.on('uncaughtException', (error) => {
  reply({
    type: 'dying',
    message: `${describeError(error)} (outside the function's own call)`,
    ...placeOfError(error),
  });
  process.exit(1);
});

let functions: LoadedFunction[] = [];

async function load(request: LoadRequest): Promise<void> {
  try {
    functions = await loadRewardFile(request);
    reply({
      type: 'ready',
      version: REWARD_WORKER_VERSION,
      functions: functions.map(({ call: _, ...described }) => described),
    });
  } catch (error) {
    reply({ type: 'load-failed', message: describeError(error), ...placeOfError(error) });
  }
}

onRequest((request) => {
  if (request.type === 'load') load(request);
  else score(functions.find(({ name }) => name === request.name)!, request);
});
