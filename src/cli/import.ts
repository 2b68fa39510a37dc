import { resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { loadRunConfig } from '../config/load-config.ts';
import { DatasetColumns } from '../import/dataset-columns.ts';
import { configBefore, placeOfImport } from '../import/import-place.ts';
import { RunImport } from '../import/import-run.ts';
import { openLog } from '../import/open-log.ts';
import { BadInput } from '../protocol/errors.ts';
import type { ImportedLine } from '../protocol/imported-run.ts';
import { holdsRun } from '../run-folder/run-info.ts';
import type { CommandOf } from './commands.ts';
import { print, printAside, printJson } from './output.ts';
import { onHostStop } from './tell-host.ts';

/** How often files are looked at: not every file system tells of changes, and steps take longer. */
const LOOK_MS = 1000;

/** `grpo import`: makes a run folder of what TRL, verl or prime-rl has written. With `--follow` it reads on until that training is done, or Ctrl-C. */
export async function importCommand(command: CommandOf<'import'>): Promise<number> {
  const { follow, json } = command;
  const source = resolve(command.source);
  if (holdsRun(source)) throw new BadInput(`${source} is a run folder already; there is nothing to import.`);
  const reader = openLog(source);
  const { out } = command;
  const run = out === undefined ? placeOfImport(resolve('.grpo', 'runs'), reader.from, source) : resolve(out);
  const config = command.config ?? configBefore(run);
  const loaded = config === undefined ? undefined : loadRunConfig(config, { for: 'scores' });
  const columns = loaded && (await DatasetColumns.load(loaded));
  const imported = await RunImport.open({ source, reader, run, configFile: loaded?.file, columns });
  // Not before: what listens keeps the process.
  const stopped = new AbortController();
  const stop = () => stopped.abort();
  process.once('SIGINT', stop).once('SIGTERM', stop);
  const listening = onHostStop(stop);
  try {
    let done = await imported.update();
    if (json) printJson({ type: 'imported', run, step: imported.step, done } satisfies ImportedLine);
    else {
      print(run);
      for (const sentence of imported.missing) printAside(`${sentence}\n`);
    }
    while (follow && !done && !stopped.signal.aborted) {
      await sleep(LOOK_MS, undefined, { signal: stopped.signal }).catch(() => {});
      if (!stopped.signal.aborted) done = await imported.update();
    }
  } finally {
    imported.close();
    listening();
  }
  return 0;
}
