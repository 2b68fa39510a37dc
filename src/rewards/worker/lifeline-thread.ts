// Ends this worker's process, and all that it started, as soon as the lifeline (file descriptor 0) closes.
import { Socket } from 'node:net';
import { parentPort } from 'node:worker_threads';
import { killOwnTree } from '../../processes/kill-tree.ts';
import { endMarked, ownMark } from '../../processes/marked.ts';

let ending = false;

async function end(): Promise<void> {
  if (ending) return;
  ending = true;
  const mark = ownMark();
  if (mark !== undefined) await endMarked(mark).catch(() => {});
  killOwnTree();
}

new Socket({ fd: 0 }).on('error', end).on('close', end).resume();
parentPort!.postMessage('watching');
