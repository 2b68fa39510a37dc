import { cpSync, existsSync, mkdirSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { loadRunConfig } from '../config/load-config.ts';
import { BadInput, BadUsage } from '../protocol/errors.ts';
import { checkPlace, writeFailure } from '../run-folder/atomic-write.ts';
import { exportTrl } from '../trl/export-folder.ts';
import type { CommandOf } from './commands.ts';
import { print, printJson, warn } from './output.ts';
import { rewardWorker } from './reward-worker.ts';
import { commandUsage } from './usage.ts';

const CALLBACK = 'grpo_lab.py';

/** `grpo export trl`: a run config as a folder that trains with TRL, or the callback that records any TRL run. */
export async function exportTrlCommand(options: CommandOf<'export trl'>): Promise<number> {
  const { config, out, callback, set, json } = options;
  if (callback === (config !== undefined))
    throw new BadUsage('Give either a run config or --callback.', commandUsage('export trl'));
  if (config === undefined) {
    const to = placeOfCallback(out);
    try {
      mkdirSync(dirname(to), { recursive: true });
      cpSync(join(dirname(rewardWorker), CALLBACK), to);
    } catch (error) {
      throw writeFailure(to, error, 'folder with --out');
    }
    return told({ path: to, notes: [] }, json);
  }
  const loaded = loadRunConfig(config, { set });
  const to = resolve(out ?? `${loaded.name}-trl`);
  if (existsSync(to)) throw new BadInput('this already exists; choose another name with --out', { file: to });
  checkPlace(to, 'folder with --out');
  let notes: string[];
  try {
    notes = await exportTrl(loaded, to, dirname(rewardWorker));
  } catch (error) {
    throw writeFailure(to, error, 'folder with --out');
  }
  return told({ path: to, notes }, json);
}

function told({ path, notes }: { path: string; notes: string[] }, json: boolean): number {
  if (json) printJson({ path, notes });
  else {
    print(path);
    for (const note of notes) warn(note);
  }
  return 0;
}

/** In a folder that is there, under its own name. */
function placeOfCallback(out: string | undefined): string {
  const place = resolve(out ?? '.');
  const to = statSync(place, { throwIfNoEntry: false })?.isDirectory() ? join(place, CALLBACK) : place;
  if (existsSync(to)) throw new BadInput('this already exists; choose another name with --out', { file: to });
  return to;
}
