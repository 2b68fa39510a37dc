import type { CommandProblem, CommandProgress } from '../protocol/problem.ts';

/** Tells a host that listens, such as the editor; it may be gone, before or meanwhile, and the command continues just as it would have. */
export function tellHost(message: CommandProblem | CommandProgress): void {
  if (process.connected) process.send!(message, undefined, undefined, () => {});
}
