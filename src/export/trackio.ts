import { readMetrics } from '../run-folder/metrics.ts';
import { DEFAULT_PYTHON, TrackioRun } from '../trackio/trackio-run.ts';
import type { ExportedRun } from './exported-run.ts';

/** Hundreds of thousands of steps. */
const SECONDS = 600;

/** Adds runs to a project of trackio. Throws what `TrackioRun` says where that fails. */
export async function exportTrackio(
  project: string,
  runs: readonly ExportedRun[],
  python = DEFAULT_PYTHON,
): Promise<void> {
  for (const { folder, info, label } of runs) {
    const rows = readMetrics(folder);
    const run = new TrackioRun({ project, name: label, config: info.config, python });
    for (const row of rows) run.log(row);
    const problem = await run.finish(SECONDS);
    if (problem) throw problem;
  }
}
