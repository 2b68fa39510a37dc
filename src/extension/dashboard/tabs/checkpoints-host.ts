import { commands, env, Uri, workspace } from 'vscode';
import type { ChatCommand, ChatEvent } from '../../../protocol/chat.ts';
import type { DashboardMessage } from '../../../protocol/dashboard.ts';
import { type Checkpoint, listCheckpointsLater } from '../../../run-folder/checkpoints.ts';
import { evaluatedSteps, readEvaluation } from '../../../run-folder/evaluations.ts';
import { SavedCheckpoints } from '../../../run-folder/saved-checkpoints.ts';
import { ChatEvents } from '../chat-events.ts';
import { ChatProcess } from '../chat-process.ts';
import { watchCheckpoints } from '../watch-checkpoints.ts';
import type { TabContext, TabHost } from './tab-host.ts';

/** Tells of a run's checkpoints and evaluations as they come and go, and hosts the process in which people try one. */
export class CheckpointsHost implements TabHost {
  readonly #context: TabContext;
  readonly #saved: SavedCheckpoints;
  readonly #endWatch: () => void;
  #chat: { process: ChatProcess; events: ChatEvents } | undefined;
  #ready = false;
  #sent = '';

  constructor(context: TabContext) {
    this.#context = context;
    this.#saved = new SavedCheckpoints(context.folder);
    this.#endWatch = watchCheckpoints(context.folder, () => void this.#send());
  }

  ready(): void {
    this.#ready = true;
    this.#sent = '';
    void this.#send();
    for (const event of this.#chat?.events.all ?? []) this.#context.post({ type: 'chat', event });
  }

  answer(message: DashboardMessage): Promise<void> | undefined {
    switch (message.type) {
      case 'checkpoint':
        return this.#act(message.step, message.act);
      case 'evaluation':
        return this.#sendEvaluation(message.step);
      case 'openChat':
        return Promise.resolve(this.#openChat(message.step));
      case 'closeChat':
        return Promise.resolve(this.#closeChat());
      case 'chat':
        return Promise.resolve(this.#chat?.process.send(message.command));
      default:
        return undefined;
    }
  }

  dispose(): void {
    this.#endWatch();
    this.#chat?.process.dispose();
  }

  async #send(): Promise<void> {
    if (!this.#ready) return;
    const [saved, evaluated] = await Promise.all([this.#saved.list(), evaluatedSteps(this.#context.folder)]);
    const message = { type: 'checkpoints' as const, saved, evaluated, trusted: workspace.isTrusted };
    const text = JSON.stringify(message);
    if (text === this.#sent) return;
    this.#sent = text;
    this.#context.post(message);
  }

  async #sendEvaluation(step: number): Promise<void> {
    try {
      const rows = await readEvaluation(this.#context.folder, step);
      this.#context.post({ type: 'evaluation', step, rows, problem: null });
    } catch (error) {
      const missing = (error as NodeJS.ErrnoException).code === 'ENOENT';
      const problem = missing ? `No completions were recorded at step ${step}.` : String(error);
      this.#context.post({ type: 'evaluation', step, rows: [], problem });
    }
  }

  async #act(step: number, act: 'openFolder' | 'copyPath' | 'resume'): Promise<void> {
    const { folder, registry } = this.#context;
    const checkpoint = (await listCheckpointsLater(folder)).find((one) => one.step === step);
    // It went while someone clicked.
    if (!checkpoint) return this.#send();
    switch (act) {
      case 'copyPath':
        return env.clipboard.writeText(checkpoint.path);
      case 'resume':
        return void (await commands.executeCommand('grpo.resumeFromCheckpoint', folder));
      case 'openFolder': {
        const run = registry.get(folder);
        const node: { kind: 'checkpoint'; run: unknown; checkpoint: Checkpoint } = {
          kind: 'checkpoint',
          run,
          checkpoint,
        };
        return void (await commands.executeCommand('grpo.openCheckpointFolder', node));
      }
      default:
        act satisfies never;
    }
  }

  #openChat(step: number): void {
    this.#closeChat();
    const { extensionUri, folder, environment } = this.#context;
    const script = Uri.joinPath(extensionUri, 'dist', 'chat.js').fsPath;
    const events = new ChatEvents();
    const hear = (event: ChatEvent) => {
      if (this.#chat?.events !== events) return;
      events.add(event);
      this.#context.post({ type: 'chat', event });
      // It could not load, or has ended: there is nothing to talk to.
      if (event.type === 'problem' && event.id === null) this.#endChat();
    };
    this.#chat = { process: new ChatProcess(script, environment(), hear), events };
    const open: ChatCommand = { type: 'open', run: folder, step, score: workspace.isTrusted };
    this.#chat.process.send(open);
  }

  #closeChat(): void {
    if (this.#chat) this.#context.post({ type: 'chatClosed' });
    this.#endChat();
  }

  #endChat(): void {
    this.#chat?.process.dispose();
    this.#chat = undefined;
  }
}
