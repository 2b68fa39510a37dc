import { basename, join } from 'node:path';
import { commands, type ExtensionContext, Uri, ViewColumn, type WebviewPanel, window, workspace } from 'vscode';
import { CONFIG_FILE } from '../../files/open-file.ts';
import { readTextLater } from '../../files/text.ts';
import type { RowMapping } from '../../protocol/dataset-summary.ts';
import {
  type ImportPicture,
  importViewMessage,
  type NamedPath,
  type WriteMessage,
} from '../../protocol/import-view.ts';
import { systemClock } from '../workspace/clock.ts';
import { readConfigLinks } from '../workspace/config-links.ts';
import { runDatasetCommand } from '../workspace/dataset-command.ts';
import { findConfigs } from '../workspace/find-files.ts';
import { findModels, findRewards } from '../workspace/find-inputs.ts';
import { pageHtml } from '../workspace/html.ts';
import { pathIn } from '../workspace/path-in.ts';
import { LatestSummary, type Look, type Looking } from './latest-summary.ts';
import { writeConfig } from './write-config.ts';

/** Enough for a distribution, few enough to be read at every pause in typing. */
const ROWS = 500;

export interface Imported {
  dataset: string;
  /** Where new run configs go. */
  folder: string;
  /** Its held-out split, next to it. */
  heldOut: string | null;
  /** Chosen already. */
  model?: string | undefined;
}

/** Shows a dataset and the form for its mapping, in a panel of its own. */
export async function openImport(context: ExtensionContext, imported: Imported): Promise<void> {
  const inputs = await findInputs(imported.model);
  const title = `Import ${basename(imported.dataset)}`;
  const panel = window.createWebviewPanel('grpo.import', title, ViewColumn.Active, {
    enableScripts: true,
    // What is typed must not be lost behind another tab.
    retainContextWhenHidden: true,
  });
  new ImportPanel(context, panel, imported, inputs).open();
}

interface Inputs {
  models: NamedPath[];
  rewards: NamedPath[];
  configs: NamedPath[];
}

/** What of the workspace there is to choose from. */
async function findInputs(model: string | undefined): Promise<Inputs> {
  const named = (paths: string[]): NamedPath[] =>
    paths.map((path) => ({ path, label: workspace.asRelativePath(path) }));
  const [models, rewards, found] = await Promise.all([findModels(), findRewards(), findConfigs(200)]);
  const configs = found.map(({ fsPath }) => fsPath).sort();
  const used = new Set((await Promise.all(configs.map(rewardsOf))).flat());
  return {
    models: named(model === undefined || models.includes(model) ? models : [model, ...models]),
    // A reward that no run uses yet was most likely written for this one.
    rewards: named([...rewards.filter((path) => !used.has(path)), ...rewards.filter((path) => used.has(path))]),
    configs: named(configs),
  };
}

/** The reward files that a run config names. */
async function rewardsOf(config: string): Promise<string[]> {
  const text = await readTextLater(config, CONFIG_FILE).catch(() => '');
  return readConfigLinks(config, text)?.rewards.map(({ file }) => file) ?? [];
}

class ImportPanel {
  readonly #context: ExtensionContext;
  readonly #panel: WebviewPanel;
  readonly #imported: Imported;
  #inputs: Inputs;
  readonly #latest: LatestSummary;
  #model: string | null;
  /** Nothing is sent before the page says that it listens. */
  #ready = false;

  constructor(context: ExtensionContext, panel: WebviewPanel, imported: Imported, inputs: Inputs) {
    this.#context = context;
    this.#panel = panel;
    this.#imported = imported;
    this.#inputs = inputs;
    this.#model = imported.model ?? inputs.models[0]?.path ?? null;
    this.#latest = new LatestSummary(
      (look) => this.#run(look),
      systemClock,
      () => this.#send(),
    );
  }

  open(): void {
    const { webview } = this.#panel;
    const { extensionUri } = this.#context;
    this.#panel.iconPath = Uri.joinPath(extensionUri, 'media', 'icon.png');
    webview.options = { enableScripts: true, localResourceRoots: [Uri.joinPath(extensionUri, 'dist')] };
    webview.onDidReceiveMessage((message) => this.#receive(message));
    // Rewards and configs may have been made meanwhile.
    this.#panel.onDidChangeViewState(({ webviewPanel }) => webviewPanel.active && void this.#refresh());
    // A process must not stay behind when the window is closed.
    const { subscriptions } = this.#context;
    const process = { dispose: () => this.#latest.cancel() };
    subscriptions.push(process);
    this.#panel.onDidDispose(() => {
      this.#ready = false;
      process.dispose();
      subscriptions.splice(subscriptions.indexOf(process), 1);
    });
    this.#latest.ask({ model: this.#model, mapping: null }, { pause: false });
    webview.html = pageHtml(webview, extensionUri, 'import-view', this.#panel.title);
  }

  #run({ model, mapping }: Look): Looking {
    const { dataset, folder } = this.#imported;
    const args = [
      ...[dataset, '--rows', String(ROWS)],
      ...(model === null ? [] : ['--model', model]),
      ...(mapping === null
        ? []
        : ['--prompt', JSON.stringify(mapping.prompt), '--columns', JSON.stringify(mapping.columns)]),
    ];
    return runDatasetCommand(this.#context, args, folder);
  }

  async #refresh(): Promise<void> {
    this.#inputs = await findInputs(this.#model ?? undefined);
    this.#send();
  }

  #send(): void {
    if (this.#ready) void this.#panel.webview.postMessage(this.#picture());
  }

  #picture(): ImportPicture {
    const { summary, error, running } = this.#latest;
    const { dataset, folder, heldOut } = this.#imported;
    return {
      ...{ type: 'picture', dataset: pathIn(join(folder, 'new.grpo.json'), dataset), ...this.#inputs },
      heldOut:
        heldOut === null
          ? null
          : { path: heldOut, label: heldOut === dataset ? 'its validation or test split' : basename(heldOut) },
      ...{ model: this.#model, running, summary, error },
    };
  }

  async #receive(received: unknown): Promise<void> {
    const parsed = importViewMessage.safeParse(received);
    if (!parsed.success) return;
    const message = parsed.data;
    switch (message.type) {
      case 'ready':
        this.#ready = true;
        this.#send();
        break;
      case 'look':
        if (!isKnown(this.#inputs.models, message.model)) return;
        this.#model = message.model;
        this.#latest.ask(message);
        break;
      case 'browse-model':
        await this.#browseModel(message.mapping);
        break;
      case 'write':
        await this.#write(message);
        break;
      default:
        message satisfies never;
    }
  }

  async #browseModel(mapping: RowMapping | null): Promise<void> {
    const picked = await window.showOpenDialog({
      title: 'Choose a model folder',
      openLabel: 'Use Model',
      canSelectFolders: true,
      canSelectFiles: false,
    });
    const path = picked?.[0]?.fsPath;
    if (path === undefined) return;
    const { models } = this.#inputs;
    if (!models.some((known) => known.path === path)) models.unshift({ path, label: workspace.asRelativePath(path) });
    this.#model = path;
    this.#latest.ask({ model: path, mapping }, { pause: false });
  }

  async #write(message: WriteMessage): Promise<void> {
    // Its files are what it has shown to the page itself.
    const { rewards, configs } = this.#inputs;
    if (!isKnown(rewards, message.reward) || !isKnown(configs, message.config)) return;
    try {
      const file = await writeConfig(message, this.#imported, this.#model, this.#latest.summary);
      await window.showTextDocument(Uri.file(file), {
        viewColumn: this.#panel.viewColumn ?? ViewColumn.Active,
        preview: false,
      });
      if (message.reward === null && message.config === null) await offerReward(file);
    } catch (error) {
      void window.showErrorMessage(error instanceof Error ? error.message : String(error));
    }
  }
}

const isKnown = (list: NamedPath[], path: string | null): boolean =>
  path === null || list.some((each) => each.path === path);

/** A run needs something to learn from. */
async function offerReward(config: string): Promise<void> {
  const action = 'New Reward Function';
  const said = `${basename(config)} has no reward function yet. Create one, or name a file in "rewards".`;
  void window.showInformationMessage(said, action).then((answer) => {
    if (answer) void commands.executeCommand('grpo.newReward', Uri.file(config));
  });
}
