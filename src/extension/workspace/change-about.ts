import { workspace } from 'vscode';
import type { RunAbout } from '../../protocol/run-about.ts';
import { writablePlace } from './writable-place.ts';

/** Changes what is written about a run. Throws with a sentence where that may not or cannot be written. */
export async function changeAbout(folder: string, changes: Partial<RunAbout>): Promise<void> {
  if (!workspace.isTrusted)
    throw new Error(
      'Run names, notes, tags, pins and dismissed findings cannot be changed in Restricted Mode: trust this workspace first.',
    );
  // A repository may bring a link instead of a run.
  await writablePlace(folder);
  const { writeAbout } = await import('../../run-folder/about.ts');
  writeAbout(folder, changes);
}
