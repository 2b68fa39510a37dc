import { openRuns } from '../export/exported-run.ts';
import { writeReport } from '../report/report.ts';
import { fileNameOf } from '../text/file-name-of.ts';
import type { CommandOf } from './commands.ts';
import { print, printJson } from './output.ts';
import { VERSION } from './version.ts';

/** `grpo report`: a run as one HTML file. Prints its name. */
export async function reportCommand({ run, out, label, json }: CommandOf<'report'>): Promise<number> {
  const [opened] = openRuns([run], label === undefined ? [] : [label]);
  const path = out ?? `${fileNameOf(opened!.label)}-report.html`;
  await writeReport(path, opened!, VERSION);
  if (json) printJson({ type: 'written', path });
  else print(path);
  return 0;
}
