/**
 * The preview process that an editor hosts: `preview.js`, forked with an IPC channel. Commands come down the channel, results go up it.
 * It leaves, and its workers with it, when the channel closes.
 */
import { fileURLToPath } from 'node:url';
import { PREVIEW_VERSION, type PreviewEvent, previewCommand } from '../protocol/preview.ts';
import { Subject } from './subject.ts';

const workerPath = fileURLToPath(new URL('./reward-worker.js', import.meta.url));
const subjects = new Map<string, Subject>();

// The editor may go at any moment; `disconnect` tells.
const send = (event: PreviewEvent): void => {
  if (process.connected) process.send!(event, undefined, undefined, () => {});
};

function subjectOf(name: string): Subject {
  const known = subjects.get(name);
  if (known) return known;
  const onOutput = (file: string, text: string) => send({ type: 'output', subject: name, file, text });
  const opened = new Subject({ workerPath, onResult: send, onOutput });
  subjects.set(name, opened);
  return opened;
}

process.on('message', (message) => {
  const command = previewCommand.parse(message);
  switch (command.type) {
    case 'preview':
      void subjectOf(command.subject).preview(command);
      break;
    case 'close':
      void subjects.get(command.subject)?.close();
      subjects.delete(command.subject);
      break;
    default:
      command satisfies never;
  }
});

process.on('disconnect', async () => {
  await Promise.all([...subjects.values()].map((subject) => subject.close()));
  process.exit();
});

send({ type: 'ready', version: PREVIEW_VERSION });
