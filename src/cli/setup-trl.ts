import { resolve } from 'node:path';
import { storageFolder } from '../files/storage-folder.ts';
import { TRL_FOLDER } from '../protocol/set-up-places.ts';
import { setUpTrl } from '../trl/set-up/set-up.ts';
import type { CommandOf } from './commands.ts';
import { print, printJson } from './output.ts';
import { StatusLine } from './status-line.ts';
import { onHostStop } from './tell-host.ts';
import { INTERRUPTED } from './terminal.ts';

/** `grpo setup-trl`: leaves a Python environment with TRL where runs with backend "trl" find it, or nothing when it fails or is interrupted. */
export async function setupTrlCommand({ python, into: given, json }: CommandOf<'setup-trl'>): Promise<number> {
  const into = given === undefined ? storageFolder(TRL_FOLDER) : resolve(given);
  const cancelling = new AbortController();
  const cancel = () => cancelling.abort();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.once(signal, cancel);
  const listening = onHostStop(cancel);
  const status = new StatusLine(process.stderr);
  const onProgress = (message: string) => {
    status.clear();
    if (json) printJson({ message });
    else print(`${message} …`);
  };
  try {
    const { signal } = cancelling;
    const onStatus = (text: string) => status.show(text);
    const made = await setUpTrl({ into, signal, onProgress, onStatus, ...(python !== undefined && { python }) });
    status.clear();
    if (json) printJson({ folder: into, ...made });
    else print(said(made, given !== undefined));
    return 0;
  } catch (error) {
    status.clear();
    if (!cancelling.signal.aborted) throw error;
    return INTERRUPTED;
  } finally {
    listening();
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.off(signal, cancel);
  }
}

type Made = Awaited<ReturnType<typeof setUpTrl>>;

function said({ python, versions: { trl, torch } }: Made, elsewhere: boolean): string {
  const use = elsewhere ? `Set "python": ${JSON.stringify(python)} in a run config to use it.` : `It is ${python}.`;
  return `It works, with TRL ${trl} and PyTorch ${torch}. ${use}`;
}
