import { type ChildProcess, spawn } from 'node:child_process';

/**
 * Kills a process that leads a group of its own, and all it started; on Windows `taskkill` finds them. (Reward workers, in groups of their
 * own, end when whoever started them is gone; what has left its group is found by `endMarked`.)
 */
export function killTree({ pid }: ChildProcess): void {
  if (pid === undefined) return;
  if (process.platform === 'win32') {
    spawn('taskkill', ['/pid', String(pid), '/T', '/F'], { stdio: 'ignore', windowsHide: true }).on('error', () => {});
    return;
  }
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // Nobody is left in the group.
  }
}
