import { dirname, join } from 'node:path';
import { commands, env, UIKind, Uri, window } from 'vscode';
import { reasonIn } from '../../processes/reason-in.ts';
import { badInputText } from '../../protocol/errors.ts';
import { EXPORT_FORMS, RUN_EXPORTS, type RunExport, type RunsToExport } from '../../protocol/run-export.ts';
import { fileNameOf } from '../../text/file-name-of.ts';
import type { Lab } from '../lab.ts';
import { revealPath } from './open-run.ts';
import { pickRun } from './pick-run.ts';
import { runWithProgress } from './run-with-progress.ts';

const FILTERS: Readonly<Record<string, string>> = {
  csv: 'Comma-separated values',
  jsonl: 'JSON Lines',
  parquet: 'Apache Parquet',
  html: 'HTML report',
};

/** Exports what a run recorded, to where the user says. `given`: runs of a dashboard, a row of the view of runs, or a run's folder. */
export async function exportRun(lab: Lab, given?: unknown): Promise<void> {
  const wanted = isRequest(given) ? given : await ask(lab, given);
  if (!wanted) return;
  const target = await askTarget(wanted);
  if (!target) return;
  const path = await exported(lab, wanted, target.fsPath);
  if (path !== undefined) await offer(wanted.kind, path);
}

const isRequest = (given: unknown): given is RunsToExport =>
  typeof given === 'object' && given !== null && 'runs' in given && 'kind' in given;

async function ask(lab: Lab, given: unknown): Promise<RunsToExport | undefined> {
  const run = await pickRun(lab, given, 'Export Run');
  if (!run) return undefined;
  const items = RUN_EXPORTS.map((form) => ({ label: EXPORT_FORMS[form].label, form }));
  const title = `GRPO: Export ${run.name}`;
  const chosen = await window.showQuickPick(items, { title, placeHolder: 'Select what to export' });
  return chosen && { kind: chosen.form, runs: [{ folder: run.folder, label: run.name }] };
}

/** By default in the folder of the run's config: the run is in `.grpo/runs/<run>` there. */
async function askTarget({ kind, runs }: RunsToExport): Promise<Uri | undefined> {
  const [{ folder, label }] = runs as [RunsToExport['runs'][number]];
  const beside = dirname(dirname(dirname(folder)));
  const { ending } = EXPORT_FORMS[kind];
  if (ending === null) {
    const defaultUri = Uri.file(beside);
    const where = { canSelectFiles: false, canSelectFolders: true, openLabel: 'Export Here', defaultUri };
    return (await window.showOpenDialog({ ...where, title: 'Folder for TensorBoard (--logdir)' }))?.[0];
  }
  const extension = ending.slice(ending.lastIndexOf('.') + 1);
  return window.showSaveDialog({
    defaultUri: Uri.file(join(beside, `${fileNameOf(label)}${ending}`)),
    filters: { [FILTERS[extension]!]: [extension] },
  });
}

/** Of completions and reports only the first run; curves of all. */
function argumentsOf({ kind, runs }: RunsToExport, target: string): string[] {
  const [first] = runs;
  const labels = runs.flatMap(({ label }) => ['--label', label]);
  const all = ['records', ...runs.map(({ folder }) => folder), ...labels];
  switch (kind) {
    case 'metrics':
      return [...all, '--metrics', target];
    case 'tensorboard':
      return [...all, '--tensorboard', target];
    case 'jsonl':
    case 'parquet':
      return ['records', first!.folder, '--label', first!.label, '--completions', target];
    case 'report':
      return ['report', first!.folder, '--label', first!.label, '--out', target];
    default:
      return kind satisfies never;
  }
}

/** The path of what was written; undefined when it was canceled, or failed and said so. */
async function exported(lab: Lab, wanted: RunsToExport, target: string): Promise<string | undefined> {
  let path = target;
  let reported = 0;
  const { exit, cancelled } = await runWithProgress(lab.context, {
    title: `Exporting ${wanted.runs[0]!.label}`,
    args: argumentsOf(wanted, target),
    cwd: dirname(target),
    onLine(line) {
      path = (JSON.parse(line) as { path: string }).path;
    },
    onProgress({ done, of }, progress) {
      progress.report({ increment: (100 * (done - reported)) / of });
      reported = done;
    },
  });
  if (exit.ok) return path;
  if (cancelled) return undefined;
  lab.log.error(exit.lastWords);
  const why = exit.problem ? badInputText(exit.problem) : reasonIn(exit.lastWords);
  void window.showErrorMessage(`Could not export the run: ${why}`);
  return undefined;
}

/** A report opens in the browser, as far as that can see the file. */
async function offer(kind: RunExport, path: string): Promise<void> {
  const isHere = env.uiKind === UIKind.Desktop && env.remoteName === undefined;
  const open = kind === 'report' && isHere ? ['Open in Browser'] : kind === 'metrics' ? ['Open'] : [];
  const name = path.split(/[\\/]/).at(-1);
  const chosen = await window.showInformationMessage(`Exported ${name}.`, ...open, 'Reveal');
  if (chosen === 'Reveal') await revealPath(path);
  else if (chosen === 'Open') await commands.executeCommand('vscode.open', Uri.file(path));
  else if (chosen !== undefined) await env.openExternal(Uri.file(path));
}
