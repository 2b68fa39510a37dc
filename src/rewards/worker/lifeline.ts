import { once } from 'node:events';
import { Worker } from 'node:worker_threads';

/**
 * Ends this process, and what it started, as soon as the lifeline (file descriptor 0) closes: the host is gone, even if
 * it was killed. A thread of its own watches, because user code may keep the main thread in a loop that never ends; for the same
 * reason none may run before the thread does. Rejects when it cannot start (in a folder that is deleted meanwhile, say).
 */
export async function watchLifeline(): Promise<void> {
  const watcher = new Worker(
    `const { parentPort } = require('node:worker_threads');
     const { Socket } = require('node:net');
     const { spawnSync } = require('node:child_process');
     const end = () => {
       if (process.platform === 'win32') spawnSync('taskkill', ['/pid', String(process.pid), '/T', '/F']);
       else process.kill(-process.pid, 'SIGKILL');
     };
     new Socket({ fd: 0 }).on('error', end).on('close', end).resume();
     parentPort.postMessage('watching');`,
    { eval: true, stdin: false },
  );
  await once(watcher, 'message');
  watcher.unref();
}
