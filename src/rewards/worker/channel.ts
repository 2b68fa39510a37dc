import { writeSync } from 'node:fs';
import { Socket } from 'node:net';
import { onLines } from '../../processes/lines.ts';
import type { WorkerMessage, WorkerReply, WorkerRequest } from '../../protocol/reward-worker.ts';

const REQUESTS = 3;
const REPLIES = 4;

/** This worker's, which its requests say. */
let key = '';

export function onRequest(handle: (request: WorkerRequest) => void): void {
  // The host is this very package's other half: its requests need no second check.
  onLines(new Socket({ fd: REQUESTS, writable: false }), (line) => {
    const message: WorkerMessage = JSON.parse(line);
    key = message.key;
    handle(message.request);
  });
}

/** Written before it returns, so that a row's outcome is out before the next row can hang or end the process. */
export function reply(message: WorkerReply): void {
  const bytes = Buffer.from(`${JSON.stringify({ key, ...message })}\n`);
  for (let written = 0; written < bytes.length; ) written += writeSync(REPLIES, bytes, written);
}
