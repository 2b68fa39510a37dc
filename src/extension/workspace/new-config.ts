import { dirname } from 'node:path';
import { Uri, workspace } from 'vscode';
import { freeConfigName } from './free-config-name.ts';
import { writablePlace } from './writable-place.ts';

/** Writes a run config next to another, under this name or one with a number. Throws, with a sentence, where that cannot be. */
export async function writeNewConfig(beside: string, name: string, text: string): Promise<string> {
  if (!workspace.isTrusted) throw new Error('Run configs are not written in Restricted Mode.');
  const file = await freeConfigName(dirname(beside), name);
  await workspace.fs.writeFile(Uri.file(await writablePlace(file)), new TextEncoder().encode(text));
  return file;
}
