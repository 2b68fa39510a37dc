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
  return runs.map(({ folder, info, label }) => {
    const place = join(resolve(target), fileNameOf(label));
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
