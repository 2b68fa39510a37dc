// The thread that trains: a session whose events go to the main thread, and whose requests come from there.
import { parentPort, workerData } from 'node:worker_threads';
import type { TrainerEvent } from '../../protocol/events.ts';
import { trainWithTrl } from '../../trl/train/session.ts';
import { RunControl } from '../control.ts';
import { runSession, type SessionOptions } from '../session.ts';
import { sentError } from './sent-error.ts';
import type { SessionMessage, SessionRequest } from './session-thread.ts';

const port = parentPort!;
const send = (message: SessionMessage) => port.postMessage(message);
const control = new RunControl();
port.on('message', (request: SessionRequest) => control[request]());

try {
  const emit = (event: TrainerEvent) => send({ type: 'event', event });
  const result = await runSession(workerData as SessionOptions, control, emit, trainWithTrl);
  send({ type: 'result', result });
} catch (error) {
  send({ type: 'error', error: sentError(error) });
}
// Nothing more is expected: the thread may end.
port.unref();
