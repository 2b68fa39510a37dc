import { dirname } from 'node:path';
import { env, UIKind, Uri, window, workspace } from 'vscode';
import { basePath, readExperimentFile } from '../../config/experiment-file.ts';
import { reasonIn } from '../../processes/reason-in.ts';
import { BadInput, badInputText } from '../../protocol/errors.ts';
import { type ExperimentResults, experimentLine, meanText } from '../../protocol/experiment-results.ts';
import { experimentName } from '../../text/files-by-name.ts';
import type { Lab } from '../lab.ts';
import { nameOfTraining } from '../workspace/active-training.ts';
import { findExperiments } from '../workspace/find-files.ts';
import type { CommandExit } from '../workspace/grpo-command.ts';
import { placeToOpen } from '../workspace/problem-place.ts';
import { pythonArgs } from '../workspace/request.ts';
import { mayRunCode } from '../workspace/trust.ts';
import { revealPath } from './open-run.ts';
import { runWithProgress } from './run-with-progress.ts';

const TITLE = 'GRPO: Run Experiment';

/** Trains what of an experiment is not done, then compares its runs in the dashboard. `given`: the experiment's Uri or path. */
export async function runExperiment(lab: Lab, given?: unknown): Promise<void> {
  if (!mayRunCode()) return;
  const file = await pickExperiment(given);
  if (file === undefined || !(await mayTrainBeside(lab))) return;
  // What is on the screen is what is trained.
  await workspace.saveAll(false);
  lab.problems.clear(file);
  const name = experimentName(file);
  let results: ExperimentResults | undefined;
  const failures: string[] = [];
  const { exit, cancelled } = await runWithProgress(lab.context, {
    title: `Experiment ${name}`,
    args: ['compare', file, ...(await interpreterFor(lab, file))],
    judgeKeys: lab.judgeKeys,
    cwd: dirname(file),
    begin: 'starting',
    stopping: 'stopping after this step, with a checkpoint',
    onLine(line) {
      const { data } = experimentLine.safeParse(JSON.parse(line));
      if (data?.type === 'results') results = data;
      else if (data?.error !== undefined) failures.push(`${data.setting} · seed ${data.seed}: ${data.error}`);
    },
  });
  if (!results) return reportFailure(lab, exit, file);
  for (const failure of failures) lab.log.error(`${name} · ${failure}`);
  await showRuns(lab, results);
  await showOutcome(results, failures, cancelled);
}

/** The experiment given, the only one, or the one chosen. */
async function pickExperiment(given: unknown): Promise<string | undefined> {
  if (given instanceof Uri) return given.fsPath;
  if (typeof given === 'string') return given;
  const files = await findExperiments();
  if (files.length === 0) {
    void window.showInformationMessage(
      'No experiment (*.experiment.json) in this workspace yet. It names a run config, what varies, and the seeds.',
    );
    return undefined;
  }
  if (files.length === 1) return files[0]!.fsPath;
  const items = files
    .map(({ fsPath }) => ({ label: experimentName(fsPath), description: workspace.asRelativePath(fsPath), fsPath }))
    .sort((a, b) => a.label.localeCompare(b.label));
  const options = { title: TITLE, placeHolder: 'Select an experiment', ignoreFocusOut: true };
  return (await window.showQuickPick(items, options))?.fsPath;
}

/** The experiment's runs do not wait for those that are queued. */
async function mayTrainBeside({ training, runs }: Lab): Promise<boolean> {
  const { active } = training;
  if (!active) return true;
  const text = `${nameOfTraining(active, runs)} is training. An experiment at the same time slows both down.`;
  return (await window.showWarningMessage(text, 'Run Anyway')) === 'Run Anyway';
}

/** As for a run that is started here: the editor's Python, where the base config has Python rewards and names none. */
async function interpreterFor({ interpreters }: Lab, file: string): Promise<string[]> {
  try {
    return await pythonArgs(basePath(readExperimentFile(file)), interpreters);
  } catch (error) {
    // What is wrong with it is the command's to say.
    if (error instanceof BadInput) return [];
    throw error;
  }
}

/** In the Compare tab of the first one's dashboard, the others beside it. */
async function showRuns({ runs, dashboards }: Lab, { settings }: ExperimentResults): Promise<void> {
  // A seed of each setting first: the first curves have the colors that differ most.
  const seeds = Math.max(...settings.map((setting) => setting.runs.length));
  const all = Array.from({ length: seeds }, (_, seed) =>
    settings.flatMap((setting) => setting.runs[seed] ?? []),
  ).flat();
  const done = all.filter(({ state }) => state === 'done');
  const [first, ...others] = done.flatMap(({ folder }) => folder ?? []);
  if (first === undefined) return;
  await runs.scan();
  const dashboard = (await dashboards()).open(first);
  dashboard.show({ type: 'show', view: 'compare', folders: others, curves: true });
}

async function showOutcome(results: ExperimentResults, failures: string[], stopped: boolean): Promise<void> {
  const { name, settings, measure, page } = results;
  const count = settings.reduce((sum, { runs }) => sum + runs.length, 0);
  const done = settings.reduce((sum, setting) => sum + setting.done, 0);
  const [best] = settings.toSorted((a, b) => (b.mean ?? -Infinity) - (a.mean ?? -Infinity));
  const highest =
    best && best.mean !== null && settings.length > 1 ? ` Highest ${measure}: ${best.label}, ${meanText(best)}.` : '';
  const rest = done < count && stopped ? ' Run it again to continue.' : '';
  const failed = failures.length > 0 ? ` ${failures.length} failed. ${failures[0]}` : '';
  const text = `${name}: ${done} of ${count} runs are done.${highest}${failed}${rest}`;
  const show = failures.length > 0 ? window.showWarningMessage : window.showInformationMessage;
  // A browser sees the file only where the editor runs.
  const isHere = env.uiKind === UIKind.Desktop && env.remoteName === undefined;
  const chosen = await show(text, ...(isHere ? ['Open Report'] : []), 'Reveal Report');
  if (chosen === 'Open Report') await env.openExternal(Uri.file(page));
  else if (chosen !== undefined) await revealPath(page);
}

async function reportFailure({ log, problems }: Lab, exit: CommandExit, file: string): Promise<void> {
  const { problem, lastWords } = exit;
  log.error(lastWords);
  if (problem) void problems.report(problem, file);
  const place = problem && placeToOpen(problem);
  const why = problem ? badInputText(problem) : reasonIn(lastWords);
  const action = await window.showErrorMessage(
    `${experimentName(file)} could not be run: ${why}`,
    ...(place ? ['Open'] : []),
  );
  if (action === 'Open') await problems.open(place);
}
