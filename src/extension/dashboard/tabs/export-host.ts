import { commands } from 'vscode';
import type { DashboardMessage } from '../../../protocol/dashboard.ts';
import type { TabContext, TabHost } from './tab-host.ts';

/** Exports of checkpoints: what is asked for in the Checkpoints tab. */
export class ExportHost implements TabHost {
  readonly #folder: string;

  constructor({ folder }: TabContext) {
    this.#folder = folder;
  }

  answer(message: DashboardMessage): Promise<void> | undefined {
    return message.type === 'exportCheckpoint' ? this.#export(message.step) : undefined;
  }

  async #export(step: number | undefined): Promise<void> {
    await commands.executeCommand('grpo.exportCheckpoint', { folder: this.#folder, step });
  }

  dispose(): void {}
}
