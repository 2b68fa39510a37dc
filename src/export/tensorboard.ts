import { join, resolve } from 'node:path';
import { readMetrics } from '../run-folder/metrics.ts';
import { withTimes } from '../tensorboard/estimated-times.ts';
import { EventFile } from '../tensorboard/event-file.ts';
import { fileNameOf } from '../text/file-name-of.ts';
import type { ExportedRun } from './exported-run.ts';
import { outputFailure } from './output-file.ts';

/**
 * Writes the metrics of runs as TensorBoard's event files, a folder for each run in `target`, which is what `--logdir` takes. A run that is in
 * there already is replaced. Gives the folders.
 */
export function exportTensorBoard(target: string, runs: readonly ExportedRun[]): string[] {
  const taken = new Set<string>();
  return runs.map(({ folder, info, label }) => {
    const place = join(resolve(target), unlike(taken, fileNameOf(label)));
    const rows = readMetrics(folder);
    try {
      const file = new EventFile(place, 0);
      file.config(info.config, 0, Date.parse(info.createdAt) / 1000);
      for (const [row, time] of withTimes(rows, info.createdAt)) file.metrics(row, time);
      file.close();
    } catch (error) {
      throw outputFailure(place, error);
    }
    return place;
  });
}

/** The name, or with a number one that is not taken: labels may differ only in what file names cannot have. A file system may ignore case. */
function unlike(taken: Set<string>, name: string): string {
  let unique = name;
  for (let number = 2; taken.has(unique.toLowerCase()); number++) unique = `${name} (${number})`;
  taken.add(unique.toLowerCase());
  return unique;
}
