/**
 * The process that a local judge computes in: `local-judge.js`, forked by the reward worker, which may be killed at any time and does not compute. It
 * leaves when the channel closes.
 */
import { problemOf } from '../protocol/errors.ts';
import type { AskJudge, JudgeReply, JudgeRequest } from '../protocol/local-judge.ts';
import { LocalModel } from './local-model.ts';

// Stacks point into the sources rather than the bundle.
process.setSourceMapsEnabled(true);
let opened: Promise<LocalModel> | undefined;
/** One question after the other. */
let last: Promise<void> = Promise.resolve();

const reply = (message: JudgeReply): void => {
  if (process.connected) process.send!(message, undefined, undefined, () => {});
};

function refuse(id: number | null, error: unknown): void {
  if (!problemOf(error)) process.stderr.write(`${(error as Error).stack ?? error}\n`);
  reply({ type: 'refused', id, message: (error as Error).message });
}

async function answer({ id, question, answers }: AskJudge): Promise<void> {
  const model = await opened?.catch(() => undefined);
  // Why there is none was said.
  if (!model) return;
  try {
    reply({ type: 'judged', id, ...(await model.ask(question, answers)) });
  } catch (error) {
    refuse(id, error);
  }
}

// The reward worker is this very package's other half: its requests need no check.
process.on('message', (request: JudgeRequest) => {
  switch (request.type) {
    case 'open':
      opened = LocalModel.open(request.model, request.device);
      opened.then(
        () => reply({ type: 'opened' }),
        (error) => refuse(null, error),
      );
      break;
    case 'ask':
      last = last.then(() => answer(request));
      break;
    default:
      request satisfies never;
  }
});
process.on('disconnect', () => process.exit());
