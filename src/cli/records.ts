import { exportCompletions } from '../export/completions.ts';
import { openRuns } from '../export/exported-run.ts';
import { exportMetrics } from '../export/metrics-csv.ts';
import { recordedFiles } from '../export/recorded-lines.ts';
import { exportTensorBoard } from '../export/tensorboard.ts';
import { exportTrackio } from '../export/trackio.ts';
import { BadInput } from '../protocol/errors.ts';
import type { CommandOf } from './commands.ts';
import { print, printJson } from './output.ts';
import { tellHost } from './tell-host.ts';

/** `grpo records`: what runs recorded, in the formats that other programs read. Prints what it has written. */
export async function recordsCommand(options: CommandOf<'records'>): Promise<number> {
  const { metrics, completions, steps, tensorboard, trackio, python, label, json } = options;
  if ([metrics, completions, tensorboard, trackio].every((wanted) => wanted === undefined))
    throw new BadInput(
      'Nothing to export: give --metrics FILE, --completions FILE, --tensorboard DIR or --trackio PROJECT.',
    );
  for (const [option, file, example] of [
    ['--metrics', metrics, 'metrics.csv'],
    ['--completions', completions, 'completions.jsonl'],
  ])
    if (file === '-') throw new BadInput(`${option} needs a file, such as ${example}; "-" is none.`);
  const runs = openRuns(options.runs, label);
  const written = (path: string) => (json ? printJson({ type: 'written', path }) : print(path));
  if (metrics !== undefined) {
    await exportMetrics(metrics, runs);
    written(metrics);
  }
  if (completions !== undefined) {
    const onFile = (done: number, of: number) => tellHost({ type: 'progress', done, of, loads: false });
    await exportCompletions(completions, recordedFiles(runs, steps), onFile);
    written(completions);
  }
  if (tensorboard !== undefined) for (const folder of exportTensorBoard(tensorboard, runs)) written(folder);
  if (trackio !== undefined) {
    await exportTrackio(trackio, runs, python);
    if (json) printJson({ type: 'added', project: trackio, runs: runs.map((run) => run.label) });
    else print(`Added to trackio: ${trackio}. Look at it with: trackio show --project ${JSON.stringify(trackio)}`);
  }
  return 0;
}
