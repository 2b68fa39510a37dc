import { window, workspace } from 'vscode';
import { EXCLUDED } from '../workspace/excluded.ts';

/** The walkthrough's: shows the sample's reward, or else any. */
export async function openFirstReward(): Promise<void> {
  const found = await workspace.findFiles('**/*.reward.{ts,js,mjs}', EXCLUDED, 50);
  const file = found.find(({ path }) => path.endsWith('/sort.reward.ts')) ?? found[0];
  if (file) await window.showTextDocument(file);
  else void window.showInformationMessage('No reward file found. Open the sample workspace first.');
}
