import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Experiment, loadExperiment } from '../config/load-experiment.ts';
import { type FoundRun, findRuns, isTraining } from '../experiment/find-runs.ts';
import { type PlannedRun, planRuns } from '../experiment/plan.ts';
import { type FailedRun, TrainQueue } from '../experiment/queue.ts';
import { experimentResultsOf } from '../experiment/results.ts';
import { TrainProcess } from '../experiment/train-process.ts';
import { RunFailure } from '../protocol/errors.ts';
import type { ExperimentLine } from '../protocol/experiment-results.ts';
import { writeExperimentPage } from '../report/experiment-page.ts';
import { writeAbout } from '../run-folder/about.ts';
import { tryTo } from '../run-folder/atomic-write.ts';
import type { CommandOf } from './commands.ts';
import { ExperimentProgress } from './experiment-progress.ts';
import { resultLines } from './experiment-text.ts';
import { print, printAside, printJson } from './output.ts';
import { onHostStop } from './tell-host.ts';
import { INTERRUPTED } from './terminal.ts';
import { VERSION } from './version.ts';

/** This command's own bundle. */
const script = fileURLToPath(new URL('./grpo.js', import.meta.url));

/**
 * `grpo compare`: trains what of an experiment is not done, then draws its table and its curves, which follow from the run folders alone.
 * Exit status 1 when a run failed, 130 when it was stopped.
 */
export async function compareCommand(command: CommandOf<'compare'>): Promise<number> {
  const experiment = loadExperiment(command.experiment, command.set);
  const before = await findRuns(experiment);
  const planned = command.tableOnly ? [] : planRuns(experiment, before);
  const trained = planned.length > 0 ? await train(experiment, before, planned, command) : NOTHING;
  const found = planned.length > 0 ? await findRuns(experiment) : before;

  const results = await experimentResultsOf(experiment, found);
  const folder = command.out ?? join(dirname(experiment.file), '.grpo', 'experiments', experiment.name);
  const page = await writeExperimentPage(folder, results, VERSION);
  if (command.json) printJson({ ...results, page } satisfies ExperimentLine);
  else for (const line of resultLines({ ...results, page }, trained.failures)) print(line);
  if (trained.stopped) return INTERRUPTED;
  return trained.failures.length > 0 ? 1 : 0;
}

interface Trained {
  failures: FailedRun[];
  stopped: boolean;
}
const NOTHING: Trained = { failures: [], stopped: false };

async function train(
  experiment: Experiment,
  found: readonly FoundRun[],
  planned: readonly PlannedRun[],
  { jobs, json }: CommandOf<'compare'>,
): Promise<Trained> {
  requireNoneTraining(found);
  const failures: FailedRun[] = [];
  const progress = new ExperimentProgress(process.stderr, experiment, found.length - planned.length, json);
  const queue = new TrainQueue(planned, {
    jobs,
    start: (run, onEvent) => new TrainProcess(script, experiment.base, run, onEvent),
    onEvent(run, event) {
      if (event.type === 'start') tag(run, experiment);
      progress.show(run, event);
    },
    onEnd(run, ended) {
      if (ended.outcome === 'failed') failures.push({ run, reason: ended.reason });
      progress.ended(run, ended);
      if (json) printJson(lineOf(run, ended));
    },
  });
  const stopped = await untilStopped(queue);
  progress.clear();
  return { failures, stopped };
}

/** Its runs are found by it in the editor; whoever does not want it there may take it away. */
function tag({ folder, resume }: PlannedRun, { name }: Experiment): void {
  if (!resume) tryTo(() => writeAbout(folder, { tags: [name] }));
}

const lineOf = (
  { wanted: { setting, seed }, folder }: PlannedRun,
  ended: Parameters<ExperimentProgress['ended']>[1],
): ExperimentLine => ({
  ...{ type: 'run', setting: setting.label, seed, folder, outcome: ended.outcome },
  ...(ended.outcome === 'failed' && { error: ended.reason }),
});

/** Two trainers never write one run: the other one's would be started a second time, under another name. */
function requireNoneTraining(found: readonly FoundRun[]): void {
  const training = found.find(isTraining);
  if (training)
    throw new RunFailure(
      `A run of this experiment is being trained already (${training.run!.folder}): wait for it, or stop it first.`,
    );
}

/** Runs the queue; true when someone stopped it. */
async function untilStopped(queue: TrainQueue): Promise<boolean> {
  let stopped = false;
  const stop = (abandoned: boolean) => {
    stopped = true;
    queue.stop(abandoned);
  };
  // The first Ctrl-C lets the runs finish their step and write a checkpoint; the second one does not wait.
  const interrupt = () => {
    if (stopped) return queue.kill();
    printAside(
      '\nStopping after this step, with a checkpoint; press Ctrl-C again to end now. The same command continues.\n',
    );
    stop(false);
  };
  const hangUp = () => stop(false);
  process.on('SIGINT', interrupt).on('SIGTERM', interrupt).on('SIGHUP', hangUp);
  // Nothing outlives the editor for long.
  const unhost = onHostStop(stop);
  try {
    await queue.run();
    return stopped;
  } finally {
    process.off('SIGINT', interrupt).off('SIGTERM', interrupt).off('SIGHUP', hangUp);
    unhost();
  }
}
