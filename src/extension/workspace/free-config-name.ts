import { join } from 'node:path';
import { Uri, workspace } from 'vscode';

/** A run config in this folder that does not exist: `sort.grpo.json`, or with a number. */
export async function freeConfigName(folder: string, name: string): Promise<string> {
  for (let attempt = 1; ; attempt++) {
    const file = join(folder, `${name}${attempt === 1 ? '' : `-${attempt}`}.grpo.json`);
    const isFree = await workspace.fs.stat(Uri.file(file)).then(
      () => false,
      () => true,
    );
    if (isFree) return file;
  }
}
