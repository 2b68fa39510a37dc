/**
 * The process that an editor lets people try a checkpoint in: `chat.js`, forked with an IPC channel. Commands come down the channel, events go up it.
 * It leaves, and its reward workers with it, when the channel closes.
 */
import { fileURLToPath } from 'node:url';
import { CHAT_VERSION, type ChatEvent, chatCommand, type Question } from '../protocol/chat.ts';
import { BadInput, problemOf } from '../protocol/errors.ts';
import { Chat } from './chat.ts';
import { findTarget, type RunTarget } from './target.ts';
import { TextChanges } from './text-changes.ts';

// Stacks point into the sources rather than the bundle.
process.setSourceMapsEnabled(true);
const rewardWorker = fileURLToPath(new URL('./reward-worker.js', import.meta.url));
let opened: Promise<Chat> | undefined;

// The editor may go at any moment; `disconnect` tells.
const send = (event: ChatEvent): void => {
  if (process.connected) process.send!(event, undefined, undefined, () => {});
};

async function open(run: string, step: number, score: boolean): Promise<Chat> {
  const target = findTarget(run, step) as RunTarget;
  const notes: string[] = [];
  // A workspace's TensorFlow is code of its own, as its rewards are.
  const untrusted = !score && target.loaded.config.device === 'tensorflow';
  if (untrusted) notes.push('The CPU computes, because TensorFlow is code of this workspace, which is not trusted.');
  const chat = await Chat.open(target, {
    ...{ score, rewardWorker, device: untrusted ? 'cpu' : 'auto' },
    onCost: (cost) => send({ type: 'cost', ...cost }),
    onLoad: (share) => send({ type: 'loading', share }),
    onNote: (sentence) => notes.push(sentence),
    onOutput: () => {},
  });
  const { temperature, maxCompletionLength: maxTokens, seed } = target.loaded.config;
  send({
    ...{ type: 'opened', step, device: chat.device, chat: chat.isChat, prompts: chat.prompts.counts },
    ...{ temperature, maxTokens, seed, rewards: chat.judge?.names ?? [], notes },
  });
  return chat;
}

async function ask(chat: Chat, question: Question): Promise<void> {
  const { id } = question;
  const changes = new TextChanges();
  await chat.ask(question, {
    onAsked: (asked) => send({ type: 'asked', id, ...asked }),
    onText(side, text) {
      const change = changes.of(side, text);
      if (change) send({ type: 'text', id, side, ...change });
    },
    onAnswer(side, { text, ids, seconds, end }) {
      send({ type: 'answer', id, side, text, tokens: ids.length, seconds, end });
    },
    onScored: (side, scored) => send({ type: 'scored', id, side, ...scored }),
  });
  send({ type: 'done', id });
}

/** What went wrong, in a sentence; of what nobody foresaw, the editor's log gets the stack. */
function tell(error: unknown, id: number | null): void {
  const foreseen = error instanceof BadInput || problemOf(error) !== undefined;
  if (!foreseen) process.stderr.write(`${(error as Error).stack ?? error}\n`);
  send({ type: 'problem', id, message: (error as Error).message });
}

process.on('message', async (message) => {
  const command = chatCommand.parse(message);
  let about: number | null = null;
  try {
    if (command.type === 'open') {
      opened ??= open(command.run, command.step, command.score);
      await opened;
      return;
    }
    const chat = await opened!;
    switch (command.type) {
      case 'prompts': {
        const { set, search } = command;
        return send({ type: 'prompts', set, search, ...chat.prompts.list(set, search) });
      }
      case 'ask':
        about = command.question.id;
        return await ask(chat, command.question);
      case 'stop':
        return chat.stop();
      default:
        command satisfies never;
    }
  } catch (error) {
    tell(error, about);
  }
});

process.on('disconnect', async () => {
  await (await opened?.catch(() => undefined))?.close();
  process.exit();
});

send({ type: 'ready', version: CHAT_VERSION });
