import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { outputOf } from '../processes/output-of.ts';
import { BadInput, RunFailure } from '../protocol/errors.ts';
import { readMetrics } from '../run-folder/metrics.ts';
import { scalarsOf } from '../tensorboard/tags.ts';
import { oneLine } from '../text/visible.ts';
import type { ExportedRun } from './exported-run.ts';

/** Ends with 3 where there is no trackio. What trackio itself prints is not for us. */
const SCRIPT = `import json, sys
try:
    import trackio
except ImportError:
    sys.exit(3)
with open(sys.argv[1], encoding="utf-8") as file:
    run = json.load(file)
trackio.init(project=run["project"], name=run["name"], config=run["config"], embed=False, auto_log_gpu=False, auto_log_cpu=False)
for step, metrics in run["rows"]:
    trackio.log(metrics, step=step)
trackio.finish()
`;
const NO_TRACKIO = 3;
/** Hundreds of thousands of steps. */
const SECONDS = 600;

/**
 * Adds runs to a project of trackio, Hugging Face's experiment tracker, through the Python package, with the names that transformers gives the
 * metrics. `python`: the interpreter that has it.
 */
export async function exportTrackio(project: string, runs: readonly ExportedRun[], python = 'python3'): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'grpo-trackio-'));
  try {
    for (const { folder: run, info, label } of runs) {
      const rows = readMetrics(run).map((row) => [row.step, scalarsOf(row)]);
      const file = join(folder, 'run.json');
      writeFileSync(file, JSON.stringify({ project, name: label, config: info.config, rows }));
      const { error } = await outputOf(python, ['-c', SCRIPT, file], { seconds: SECONDS });
      if (error) throw failure(error, python);
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function failure({ code, message }: { code?: unknown; message: string }, python: string): Error {
  if (code === 'ENOENT' || code === 'EACCES')
    return new BadInput(`The Python interpreter ${python} cannot be run; name another one with --python.`);
  if (code === NO_TRACKIO)
    return new BadInput(
      `${python} has no trackio: install it (${python} -m pip install trackio), or name another interpreter with --python.`,
    );
  // Python's last line says what went wrong.
  return new RunFailure(`trackio did not take the run: ${oneLine(message.trimEnd().split('\n').at(-1)!)}`);
}
