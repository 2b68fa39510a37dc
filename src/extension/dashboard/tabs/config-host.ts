import { commands, Uri, ViewColumn, window, workspace } from 'vscode';
import type { DashboardMessage, HostMessage } from '../../../protocol/dashboard.ts';
import { aboutLine } from '../../../protocol/run-about.ts';
import type { RunConfig } from '../../../protocol/run-config.ts';
import { configSections, runConfigFields } from '../../../protocol/run-config-fields.ts';
import { readRunInfoLater } from '../../../run-folder/run-info.ts';
import { copyOf, sourceStates } from '../../../run-folder/source-states.ts';
import { fileName } from '../../../text/files-by-name.ts';
import { changeAbout } from '../../workspace/change-about.ts';
import { defaultOf } from '../../workspace/recorded-config.ts';
import { restoreReward } from '../../workspace/restore-rewards.ts';
import { shown } from './shown.ts';
import type { TabContext, TabHost } from './tab-host.ts';

type SourceMessage = Extract<DashboardMessage, { type: 'source' }>;
type Facts = Extract<HostMessage, { type: 'configFacts' }>;

/** What the run really ran with, and what is done with it; the head's name too. */
export class ConfigHost implements TabHost {
  readonly #context: TabContext;

  constructor(context: TabContext) {
    this.#context = context;
  }

  answer(message: DashboardMessage): Promise<void> | undefined {
    switch (message.type) {
      case 'readConfig':
        return this.#send();
      case 'configCommand':
        return this.#run(message.command);
      case 'source':
        return shown(() => this.#source(message));
      case 'openConfig':
        return shown(() => this.#openConfig());
      case 'renameRun':
        return shown(() => changeAbout(this.#context.folder, { name: aboutLine(message.name) }));
      default:
        return undefined;
    }
  }

  async #send(): Promise<void> {
    const info = await readRunInfoLater(this.#context.folder);
    if (!info) return;
    const { configFile, versions } = info;
    const sources = sourceStates(info).map(({ source: { name }, now, isReward }) => ({ name, now, isReward }));
    this.#context.post({ type: 'configFacts', configFile, fields: FIELDS, versions, sources });
  }

  async #run(command: string): Promise<void> {
    await commands.executeCommand(`grpo.${command}`, this.#context.folder);
  }

  async #source({ name, action }: SourceMessage): Promise<void> {
    const { folder } = this.#context;
    const info = await readRunInfoLater(folder);
    const state = info && sourceStates(info).find(({ source }) => source.name === name);
    const copy = state && copyOf(folder, state.source);
    if (!state || copy === undefined) return;
    if (action === 'restore') {
      const file = await restoreReward(folder, state);
      await window.showTextDocument(Uri.file(file), { viewColumn: ViewColumn.One });
      await this.#send();
    } else if (action === 'diff' && state.now !== 'missing')
      await commands.executeCommand(
        'vscode.diff',
        Uri.file(copy),
        Uri.file(state.file),
        `${name}: as recorded ↔ today`,
      );
    else await window.showTextDocument(Uri.file(copy), { viewColumn: ViewColumn.One, preview: true });
  }

  async #openConfig(): Promise<void> {
    const info = await readRunInfoLater(this.#context.folder);
    if (!info) return;
    try {
      await window.showTextDocument(await workspace.openTextDocument(Uri.file(info.configFile)), {
        viewColumn: ViewColumn.One,
      });
    } catch {
      throw new Error(
        `${fileName(info.configFile)} no longer exists; Edit and Run Again writes one with the run's settings.`,
      );
    }
  }

  dispose(): void {}
}

const FIELDS: Facts['fields'] = configSections.flatMap(({ title: section, fields }) =>
  fields.map((name) => {
    const field = name as keyof RunConfig;
    return { name, section, description: runConfigFields.shape[field].description ?? '', default: defaultOf(field) };
  }),
);
