import { dirname, join } from 'node:path';
import { commands, Uri, window, workspace } from 'vscode';

const KINDS: Record<string, string> = { svg: 'SVG image', png: 'PNG image', csv: 'Comma-separated values' };

/** Asks where to save what the dashboard made, beside the run's config by default, and writes it there. */
export async function saveExport(run: string, name: string, content: Uint8Array): Promise<void> {
  const extension = name.slice(name.lastIndexOf('.') + 1);
  // <workspace>/.grpo/runs/<run>
  const beside = dirname(dirname(dirname(run)));
  const target = await window.showSaveDialog({
    defaultUri: Uri.file(join(beside, name)),
    filters: { [KINDS[extension] ?? extension]: [extension] },
  });
  if (!target) return;
  await workspace.fs.writeFile(target, content);
  const open = await window.showInformationMessage(`Saved ${Uri.file(target.fsPath).path.split('/').at(-1)}.`, 'Open');
  if (open) await commands.executeCommand('vscode.open', target);
}
