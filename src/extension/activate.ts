import { join } from 'node:path';
import { type ExtensionContext, window } from 'vscode';
import { registerTools } from './assistant/register.ts';
import { registerCommands } from './commands.ts';
import { ConfigLenses } from './config/lenses.ts';
import type { Lab } from './lab.ts';
import { once } from './once.ts';
import { RunTree } from './runs/tree.ts';
import { continueAfterReload } from './training/after-reload.ts';
import { showContexts } from './training/contexts.ts';
import { curvesDiagnosis } from './training/diagnose-curves.ts';
import { Journal } from './training/journal.ts';
import { notifyOutcomes } from './training/notifications.ts';
import { failureOf } from './training/outcome.ts';
import { reloadedWindow } from './training/reloaded-window.ts';
import { RunFindings } from './training/run-findings.ts';
import { TrainingStatus } from './training/status-bar.ts';
import { trainerProcesses } from './training/trainer-processes.ts';
import { Training } from './training/training.ts';
import { watchWalkthrough } from './walkthrough.ts';
import { systemClock } from './workspace/clock.ts';
import { Interpreters } from './workspace/interpreter.ts';
import { JudgeKeys } from './workspace/judge-keys.ts';
import { Problems } from './workspace/problems.ts';
import { watchRuns } from './workspace/watch-runs.ts';

/** When this bundle began to load: the first line that esbuild.mjs puts into it. */
declare const loadedAt: number;
const loadMilliseconds = performance.now() - loadedAt;

let training: Training | undefined;

/** Registers what there is to see. No process starts here, nothing is read before this returns. */
export function activate(context: ExtensionContext): void {
  const activatedAt = performance.now();
  const log = window.createOutputChannel('GRPO', { log: true });
  const { runs, watching } = watchRuns(log);
  const journal = new Journal(context.workspaceState);
  const unfinished = journal.read();
  const interpreters = new Interpreters();
  const judgeKeys = new JudgeKeys(context);
  training = new Training(trainerProcesses(context, interpreters, judgeKeys), runs, log, journal, systemClock);
  const findings = new RunFindings(training, curvesDiagnosis(), systemClock);
  const problems = new Problems();
  const dashboards = once(async () => {
    const { Dashboards } = await import('./dashboard/panel.ts');
    await judgeKeys.load();
    const script = join(context.extensionPath, 'dist', 'grpo.js');
    const opened = new Dashboards(context, runs, training!, { script, interpreters, judgeKeys, log });
    context.subscriptions.push(opened);
    return opened;
  });
  const previews = once(async () => {
    const { RewardPreviews } = await import('./preview/register.ts');
    await judgeKeys.load();
    const shown = new RewardPreviews(context, log, interpreters, judgeKeys);
    context.subscriptions.push(shown);
    return shown;
  });
  const samplesEditors = once(async () => {
    const { SamplesEditors } = await import('./samples-editor/provider.ts');
    const registered = new SamplesEditors(context, log, async () => (await previews()).previews);
    context.subscriptions.push(registered);
    return registered;
  });
  const activation = { load: loadMilliseconds, activate: 0 };
  const tree = new RunTree(runs, training, context.workspaceState);
  const views = { tree, dashboards, previews };
  const lab: Lab = { context, log, runs, training, problems, interpreters, judgeKeys, activation, ...views };
  context.subscriptions.push(
    log,
    watching,
    runs,
    interpreters,
    judgeKeys,
    training,
    problems,
    tree,
    new TrainingStatus(training, runs),
    new ConfigLenses(training),
    training.onDidBegin(async (run) => (await dashboards()).begin(run)),
    training.onDidStart(async (folder) => (await dashboards()).started(folder)),
    training.onDidEnd(async (ended) => (await dashboards()).ended(ended.training, failureOf(ended))),
    findings,
    ...notifyOutcomes(training, findings, problems, runs),
    ...showContexts(training),
    watchWalkthrough(training),
    ...registerCommands(lab),
    ...registerTools(async () => {
      const { EditorTrainings } = await import('./assistant/editor-trainings.ts');
      return { context, runs, interpreters, trainings: new EditorTrainings(lab.training, runs, failureOf) };
    }),
  );
  // Right after the activation: panels and editors that come back with the window wait for them.
  setImmediate(() => void Promise.all([dashboards(), previews(), samplesEditors()]));
  if (unfinished) void continueAfterReload(reloadedWindow({ journal, log, runs, training }), unfinished);
  activation.activate = performance.now() - activatedAt;
  log.info(`Activated in ${activation.activate.toFixed(1)} ms, after ${activation.load.toFixed(1)} ms to load`);
}

/** A training in progress is stopped, with a checkpoint; no process stays behind. */
export function deactivate(): Promise<void> | undefined {
  return training?.leave();
}
