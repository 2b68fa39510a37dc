import { dirname, join } from 'node:path';
import { commands, type ExtensionContext, type QuickPickItem, QuickPickItemKind, Uri, window } from 'vscode';
import { configName } from '../../text/files-by-name.ts';
import { pickConfig } from '../workspace/pick-config.ts';
import { pickFolder } from '../workspace/pick-folder.ts';
import { replaceText } from '../workspace/replace-text.ts';
import { mayRunCode } from '../workspace/trust.ts';
import { withField } from '../workspace/with-field.ts';
import { type CatalogModel, DOWNLOADS, factsOf, folderOf, GROUPS, nameOf } from './catalog.ts';
import { modelIn, modelPath } from './set-model.ts';

const TITLE = 'GRPO: Get Model';

interface Choice extends QuickPickItem {
  act?: () => Promise<void>;
}

/** Offers the catalog's models, those on the disk, and docs/models.md. Downloads nothing itself. `given`: the Uri of the config that lacks one. */
export async function getModel({ context }: { context: ExtensionContext }, given?: unknown): Promise<void> {
  const config = given instanceof Uri ? given.fsPath : undefined;
  const page = join(context.extensionPath, 'docs', 'models.md');
  const heading = (label: string): Choice => ({ label, kind: QuickPickItemKind.Separator });
  const [recommended, ...others] = GROUPS.map(({ heading: group, models }) => [
    heading(`from Hugging Face: ${group}`),
    ...models.map((model) => ({
      label: `$(cloud-download) ${nameOf(model)}`,
      detail: factsOf(model)
        .map(([heading, fact]) => `${heading}: ${fact.replaceAll('`', '')}`)
        .join(' · '),
      act: () => typeCommand(model, config),
    })),
  ]);
  const items: Choice[] = [
    ...recommended!,
    heading('on this machine'),
    { label: '$(folder-opened) Choose a model folder…', act: () => chooseOnDisk(config, { folder: true }) },
    { label: '$(file) Choose a .gguf file…', act: () => chooseOnDisk(config, { folder: false }) },
    ...others.flat(),
    heading('documentation'),
    {
      label: '$(book) Supported models and requirements',
      act: async () => void (await commands.executeCommand('markdown.showPreview', Uri.file(page))),
    },
  ];
  const placeHolder = config === undefined ? 'Select a model' : `Select a model for ${configName(config)}`;
  await (await window.showQuickPick(items, { title: TITLE, placeHolder, ignoreFocusOut: true }))?.act?.();
}

/** Types the command into a terminal; the user reads and runs it. */
async function typeCommand(model: CatalogModel, config: string | undefined): Promise<void> {
  if (!mayRunCode('The terminal', "it opens in this workspace's folder")) return;
  const why = 'Open a folder first. The model goes into its "models" folder.';
  const folder = config === undefined ? await pickFolder(why) : dirname(config);
  if (folder === undefined) return;
  const items = DOWNLOADS.map(({ title, command }) => ({ label: title, detail: command(model) }));
  const options = {
    title: `${TITLE}: ${nameOf(model)}`,
    placeHolder: 'Select how to download it. The command is typed into a terminal, not run',
    ignoreFocusOut: true,
  };
  const choice = await window.showQuickPick(items, options);
  if (!choice) return;
  const terminal = window.createTerminal({ name: `Get ${nameOf(model)}`, cwd: folder });
  terminal.show();
  terminal.sendText(choice.detail, false);

  const target = join(folder, folderOf(model));
  if (config !== undefined && (await modelIn(config)) === target) return;
  const use = 'Set It in a Run Config';
  const said = `The command is in the terminal. Press Enter to run it; it downloads the model to ${folderOf(model)}.`;
  if ((await window.showInformationMessage(said, use)) === use) await putIntoConfig(config, target);
}

async function chooseOnDisk(config: string | undefined, { folder }: { folder: boolean }): Promise<void> {
  const picked = await window.showOpenDialog({
    title: folder ? 'Choose a folder with config.json and *.safetensors' : 'Choose a .gguf file',
    openLabel: 'Use Model',
    canSelectFolders: folder,
    canSelectFiles: !folder,
    ...(!folder && { filters: { GGUF: ['gguf'] } }),
  });
  if (picked?.[0]) await putIntoConfig(config, picked[0].fsPath);
}

async function putIntoConfig(given: string | undefined, model: string): Promise<void> {
  const config = given ?? (await pickConfig(undefined, `${TITLE}: Run Config`));
  if (config === undefined) return;
  await replaceText(config, (text) => withField(text, 'model', modelPath(config, model)));
  await window.showTextDocument(Uri.file(config));
}
