// The reward host: reward functions for a program that is not Node, such as a training script in Python. It keeps their workers, with the same
// limits, time-outs and restarts as the trainer has.
import { fileURLToPath } from 'node:url';
import { onLines } from '../../processes/lines.ts';
import { BadInput, RunFailure } from '../../protocol/errors.ts';
import type { HostReply, HostRequest, OpenRequest } from '../../protocol/reward-host.ts';
import type { ScoreBatch } from '../../protocol/rewards.ts';
import { finiteOrNull } from '../../protocol/run-folder.ts';
import { parseExact } from '../../text/exact-json.ts';
import { fileAndFunction } from '../../text/file-and-function.ts';
import { openRewards, type RewardSet } from '../open-rewards.ts';

const workerPath = fileURLToPath(new URL('./reward-worker.js', import.meta.url));
const reply = (message: HostReply): void => void process.stdout.write(`${JSON.stringify(message)}\n`);

let opened: RewardSet | undefined;

async function open({ rewards, timeoutSeconds, rewardEnv, python }: OpenRequest): Promise<void> {
  const sources = rewards.map((text) => {
    const { file, function: name } = fileAndFunction(text);
    return { file, ...(name !== undefined && { name }) };
  });
  opened = await openRewards(sources, {
    workerPath,
    timeoutSeconds,
    rewardEnv,
    pythonPath: python,
    onOutput: (text) => reply({ type: 'output', text }),
    onWarning: (text) => reply({ type: 'warning', text }),
  });
  reply({ type: 'ready', functions: opened.functions.map(({ name, file }) => ({ name, file })) });
}

async function score(batch: ScoreBatch): Promise<void> {
  const { columns, metrics, extra, totals } = await opened!.score(batch);
  const finite = Object.entries({ ...metrics, ...totals }).map(([name, value]) => [name, finiteOrNull(value)]);
  reply({
    type: 'scored',
    columns: columns.map(({ name, outcomes }) => ({ name, outcomes })),
    metrics: Object.fromEntries(finite),
    extra,
  });
}

async function answer(line: string): Promise<void> {
  const request = parseExact(line) as HostRequest;
  try {
    await (request.type === 'open' ? open(request) : score(request.batch));
  } catch (error) {
    if (!(error instanceof BadInput || error instanceof RunFailure)) throw error;
    reply({ type: 'refused', message: error.message });
  }
}

onLines(process.stdin, answer);
// Whoever asked is gone, however it went: nobody reads any more.
process.stdout.on('error', () => {});
process.stdin.on('end', async () => {
  await opened?.close();
  process.exit();
});
