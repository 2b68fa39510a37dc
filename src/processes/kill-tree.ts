import { spawn, spawnSync } from 'node:child_process';
import { asNode } from './as-node.ts';

const taskkill = (pid: number): string[] => ['/pid', String(pid), '/T', '/F'];

/**
 * Kills a process that leads a group of its own, and all it started; on Windows `taskkill` finds them. (Reward workers, in groups of their
 * own, end when whoever started them is gone; what has left its group is found by `endMarked`.)
 */
export function killTree(pid: number | undefined): void {
  if (pid === undefined) return;
  if (process.platform === 'win32') {
    spawn('taskkill', taskkill(pid), { stdio: 'ignore', windowsHide: true }).on('error', () => {});
    return;
  }
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // Nobody is left in the group.
  }
}

/** Kills this process, which leads a group of its own, and all it started. */
export function killOwnTree(): void {
  if (process.platform === 'win32') spawnSync('taskkill', taskkill(process.pid));
  else process.kill(-process.pid, 'SIGKILL');
}

const REAPER = `
const [pid, seconds] = process.argv.slice(1).map(Number);
const alive = () => { try { process.kill(pid, 0); return true; } catch { return false; } };
const deadline = Date.now() + seconds * 1000;
setInterval(() => {
  if (!alive()) process.exit();
  if (Date.now() < deadline) return;
  if (process.platform === 'win32') require('child_process').spawnSync('taskkill', ['/pid', String(pid), '/T', '/F'], { windowsHide: true });
  else process.kill(-pid, 'SIGKILL');
  process.exit();
}, 250);`;

/** Kills it, and all it started, when it is still there after so many seconds, and does so when we are gone. */
export function killTreeAfter(pid: number, seconds: number): void {
  spawn(process.execPath, ['-e', REAPER, String(pid), String(seconds)], {
    detached: true,
    stdio: 'ignore',
    windowsHide: true,
    env: asNode(),
  }).unref();
}
