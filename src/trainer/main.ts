/**
 * The trainer process that an editor hosts: `trainer.js OPTIONS_JSON`, forked with an IPC channel. Events go up the channel, commands come
 * down it; when the channel closes, the host is gone, and the run stops with a checkpoint. Exit status as of `grpo train`.
 */
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { BadInput } from '../protocol/errors.ts';
import { hostCommand, type TrainerEvent } from '../protocol/events.ts';
import { RunControl } from './control.ts';
import { runSession } from './session.ts';

const sessionOptions = z.object({
  configFile: z.string(),
  set: z.array(z.string()).default([]),
  out: z.string().optional(),
  resume: z.boolean().default(false),
});

const control = new RunControl();
let ended = false;
const send = (event: TrainerEvent) => {
  ended ||= event.type === 'end';
  // The host may go at any moment; `disconnect` tells.
  if (process.connected) process.send!(event, undefined, undefined, () => {});
};

process.on('message', (message) => {
  const command = hostCommand.safeParse(message);
  if (!command.success)
    return send({ type: 'log', level: 'warning', message: 'the trainer got a message it does not know' });
  switch (command.data.type) {
    case 'pause':
      return control.pause();
    case 'resume':
      return control.resume();
    case 'stop':
      return control.stop();
    case 'terminate':
      return process.exit(1);
  }
});
process.on('disconnect', () => control.stop());
process.on('SIGTERM', () => control.stop());

try {
  const { out, ...options } = sessionOptions.parse(JSON.parse(process.argv[2] ?? '{}'));
  const rewardWorker = fileURLToPath(new URL('./reward-worker.js', import.meta.url));
  await runSession({ ...options, ...(out !== undefined && { out }), rewardWorker, attended: true }, control, send);
} catch (error) {
  const message = error instanceof Error ? error.message : String(error);
  if (!ended) send({ type: 'end', outcome: 'failed', step: 0, checkpoint: null, error: message });
  process.exitCode = error instanceof BadInput ? 2 : 1;
}
// Not disconnect(), which would drop events that are still on their way.
process.channel?.unref();
