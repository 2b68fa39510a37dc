import { isatty } from 'node:tty';

/** The exit status that a shell gives a command that Ctrl-C ended. */
export const INTERRUPTED = 130;

const standard = [0, 1, 2];
/** As they were when the command began. */
const terminals = standard.filter((descriptor) => isatty(descriptor));

/** Whether the terminal that the command was started in has been closed. */
const isGone = (): boolean => terminals.some((descriptor) => !isatty(descriptor));

/**
 * Ends the process as a closed terminal does, if there is one: an ordinary exit would abort, because Node wants to give the terminal back as it
 * was. Call it when all is done.
 */
export function leaveClosedTerminal(): void {
  if (!isGone()) return;
  process.removeAllListeners('SIGHUP');
  process.kill(process.pid, 'SIGHUP');
}
