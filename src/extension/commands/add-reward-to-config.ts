import { basename } from 'node:path';
import { Uri, window, workspace } from 'vscode';
import { configName } from '../../text/files-by-name.ts';
import type { Lab } from '../lab.ts';
import { withReward } from '../workspace/add-to-config.ts';
import type { ConfigLinks } from '../workspace/config-links.ts';
import { replaceText } from '../workspace/replace-text.ts';

/** Adds a reward function, which a lens names, to the rewards of a run config: the only one, or the one chosen. */
export async function addRewardToConfig(lab: Lab, given?: unknown): Promise<void> {
  const { file, name } = (given ?? {}) as { file?: unknown; name?: unknown };
  if (typeof file !== 'string' || typeof name !== 'string') return;
  const { subjects } = await lab.previews();
  await subjects.ready;
  const config = await choose(subjects.configs, file, name);
  if (config === undefined) return;
  await replaceText(config, (text) => withReward(text, config, file, name));
  const open = 'Open Run Config';
  const added = `Added "${name}" to ${basename(config)}.`;
  void window.showInformationMessage(added, open).then((action) => {
    if (action === open) void window.showTextDocument(Uri.file(config));
  });
}

/** Those that use the file already come first. */
async function choose(configs: readonly ConfigLinks[], file: string, name: string): Promise<string | undefined> {
  const using = (config: ConfigLinks) => config.rewards.some((reward) => reward.file === file);
  if (configs.length < 2) return configs[0]?.file;
  const items = configs
    .map((config) => ({
      label: configName(config.file),
      description: workspace.asRelativePath(config.file),
      ...(using(config) && { detail: `uses ${basename(file)}` }),
      config,
    }))
    .sort((a, b) => Number(using(b.config)) - Number(using(a.config)) || a.label.localeCompare(b.label));
  const placeHolder = `Select the run config to add "${name}" to`;
  return (await window.showQuickPick(items, { title: 'GRPO: Add to Run Config', placeHolder }))?.config.file;
}
