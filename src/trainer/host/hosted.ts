/**
 * The trainer process that an editor hosts: `trainer.js OPTIONS_JSON`, forked with an IPC channel. Events go up the channel, commands come
 * down it; when the channel closes, the host is gone, and the run stops with a checkpoint. Exit status as of `grpo train`.
 */
import { fileURLToPath } from 'node:url';
import { BadInput, problemOf } from '../../protocol/errors.ts';
import { hostCommand, type TrainerEvent, type TrainerMessage } from '../../protocol/events.ts';
import { trainerOptions } from '../../protocol/trainer-options.ts';
import { SessionStatus } from './session-status.ts';
import { SessionThread } from './session-thread.ts';

const status = new SessionStatus();
let ended = false;
const send = (message: TrainerMessage) => {
  // The host may go at any moment; `disconnect` tells.
  if (process.connected) process.send!(message, undefined, undefined, () => {});
};
const emit = (event: TrainerEvent) => {
  ended ||= event.type === 'end';
  status.take(event);
  send(event);
};

try {
  const options = trainerOptions.parse(JSON.parse(process.argv[2] ?? '{}'));
  const rewardWorker = fileURLToPath(new URL('./reward-worker.js', import.meta.url));
  const session = new SessionThread({ ...options, rewardWorker, attended: true }, emit);
  const stop = () => {
    status.stop();
    session.send('stop');
  };
  process.on('message', (message) => {
    const command = hostCommand.safeParse(message);
    if (!command.success)
      return emit({ type: 'log', level: 'warning', message: 'the trainer got a message it does not know' });
    switch (command.data.type) {
      case 'status':
        return send(status.read());
      case 'stop':
        return stop();
      case 'terminate':
        // Not process.exit(), which waits until the other thread's graph is computed.
        return process.kill(process.pid, 'SIGKILL');
      case 'pause':
      case 'resume':
        return session.send(command.data.type);
      default:
        return command.data.type satisfies never;
    }
  });
  process.on('disconnect', stop);
  for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, stop);
  // The host reads what is printed, and may be gone: the checkpoint matters more.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});
  await session.result;
} catch (error) {
  const message = error instanceof Error ? error.message : String(error);
  const problem = problemOf(error);
  if (!ended) emit({ type: 'end', outcome: 'failed', step: 0, checkpoint: null, error: message, problem });
  process.exitCode = error instanceof BadInput ? 2 : 1;
}
// Not disconnect(), which would drop events that are still on their way.
process.channel?.unref();
