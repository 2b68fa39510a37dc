import { hostCommand } from '../protocol/events.ts';
import type { CommandProblem, CommandProgress } from '../protocol/problem.ts';

/** Tells a host that listens, such as the editor; it may be gone, before or meanwhile, and the command continues just as it would have. */
export function tellHost(message: CommandProblem | CommandProgress): void {
  if (process.connected) process.send!(message, undefined, undefined, () => {});
}

/** Calls `stop` when a host asks for it, and (`gone`) when it is gone: a terminal has Ctrl-C. What this gives ends that; until then, the host is listened to. */
export function onHostStop(stop: (gone: boolean) => void): () => void {
  const onMessage = (message: unknown) => {
    if (hostCommand.safeParse(message).data?.type === 'stop') stop(false);
  };
  const onGone = () => stop(true);
  process.on('message', onMessage).on('disconnect', onGone);
  return () => process.off('message', onMessage).off('disconnect', onGone);
}
