// Ends this worker's process, and all that it started, as soon as the lifeline (file descriptor 0) closes.
import { spawnSync } from 'node:child_process';
import { Socket } from 'node:net';
import { parentPort } from 'node:worker_threads';
import { endMarked, ownMark } from '../../processes/marked.ts';

let ending = false;

async function end(): Promise<void> {
  if (ending) return;
  ending = true;
  if (process.platform === 'win32') return void spawnSync('taskkill', ['/pid', String(process.pid), '/T', '/F']);
  const mark = ownMark();
  if (mark !== undefined) await endMarked(mark).catch(() => {});
  process.kill(-process.pid, 'SIGKILL');
}

new Socket({ fd: 0 }).on('error', end).on('close', end).resume();
parentPort!.postMessage('watching');
