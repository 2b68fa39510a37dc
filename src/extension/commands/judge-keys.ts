import { window } from 'vscode';
import type { Lab } from '../lab.ts';
import { isVariable } from '../workspace/judge-keys.ts';

/** Stores a judge's key in VS Code's secret storage, under the name of the environment variable that rewards will see. */
export async function setJudgeKey({ judgeKeys }: Lab): Promise<void> {
  await judgeKeys.load();
  const title = 'GRPO: Set Judge Key';
  const name = await window.showInputBox({
    title: `${title} (1 of 2)`,
    prompt: 'Environment variable that rewards read the key from, as in apiKeyEnv of judge',
    value: judgeKeys.names[0] ?? 'OPENAI_API_KEY',
    ignoreFocusOut: true,
    validateInput: (text) =>
      isVariable(text.trim()) ? undefined : 'Letters, digits and underscores, such as OPENAI_API_KEY',
  });
  if (name === undefined) return;
  const variable = name.trim();
  const key = await window.showInputBox({
    title: `${title} (2 of 2)`,
    prompt: `Key for ${variable}, kept in VS Code's secret storage`,
    password: true,
    ignoreFocusOut: true,
    validateInput: (text) =>
      /^[!#-[\]-~]+$/.test(text.trim()) ? undefined : 'A key has no spaces, quotes or backslashes',
  });
  if (key === undefined) return;
  await judgeKeys.set(variable, key.trim());
  void window.showInformationMessage(
    `The key is stored. Rewards get ${variable} if "rewardEnv" of their run config names it, or the setting grpo.rewardEnv for rewards without a config.`,
  );
}

export async function removeJudgeKey({ judgeKeys }: Lab): Promise<void> {
  await judgeKeys.load();
  const { names } = judgeKeys;
  if (names.length === 0) return void window.showInformationMessage('No judge key is stored.');
  const name = await window.showQuickPick(names, {
    title: 'GRPO: Remove Judge Key',
    placeHolder: 'Select the key to remove from the secret storage',
  });
  if (name === undefined) return;
  await judgeKeys.set(name, undefined);
  void window.showInformationMessage(`The key for ${name} was removed.`);
}
