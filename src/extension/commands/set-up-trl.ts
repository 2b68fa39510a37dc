import { type QuickPickItem, window, workspace } from 'vscode';
import type { Lab } from '../lab.ts';
import type { TrainingRequest } from '../workspace/request.ts';
import { mayRunCode } from '../workspace/trust.ts';
import { runWithProgress } from './run-with-progress.ts';
import { startOrQueue } from './start.ts';

/** A line of `grpo setup-trl --json`: what it does now, or at the end what it made. */
type Line = { message: string } | { python: string; versions: Record<string, string> };

interface Way extends QuickPickItem {
  args: string[];
}

/** Creates a Python environment with TRL in the extension's storage, where runs with the backend "trl" find it. `given`: the request of a training that had none. */
export async function setUpTrl(lab: Lab, given?: unknown): Promise<void> {
  if (!mayRunCode('Setting up TRL', "it runs this workspace's Python interpreter")) return;
  const way = await pickWay(lab);
  if (!way) return;
  let made = '';
  const { exit, cancelled } = await runWithProgress(lab.context, {
    title: 'Setting up TRL',
    args: ['setup-trl', ...way.args],
    cwd: lab.context.extensionPath,
    onLine(text, progress) {
      const line = JSON.parse(text) as Line;
      if ('message' in line) progress.report({ message: line.message });
      else made = `TRL ${line.versions.trl} with PyTorch ${line.versions.torch}`;
    },
    stopping: 'Removing what was installed',
  });
  if (cancelled) return;
  if (exit.ok) return offerTraining(lab, made, given as TrainingRequest | undefined);
  lab.log.error(exit.lastWords);
  const why = exit.problem?.message ?? exit.lastWords;
  const action = await window.showErrorMessage(`TRL was not set up: ${why}`, 'Show Log');
  if (action) lab.log.show();
}

async function pickWay({ interpreters }: Lab): Promise<Way | undefined> {
  const { path, source } = await interpreters.find(workspace.workspaceFolders?.[0]?.uri.fsPath ?? '');
  const detail = 'Creates an environment with PyTorch, TRL and PEFT: 3 GB to download on Linux';
  const ways: Way[] = [
    { label: '$(cloud-download) Use the Python on the PATH', description: '3.11 or newer', detail, args: [] },
  ];
  if (path !== null)
    ways.unshift({ label: `$(cloud-download) Use ${path}`, description: source, detail, args: ['--python', path] });
  const title = 'GRPO: Set Up TRL';
  return window.showQuickPick(ways, {
    title,
    placeHolder: 'Select a Python to create the environment with',
    ignoreFocusOut: true,
  });
}

async function offerTraining(lab: Lab, made: string, request: TrainingRequest | undefined): Promise<void> {
  if (!request) {
    const said = `${made} is set up. "backend": "trl" in a run config, or "GRPO: Train with TRL", uses it.`;
    void window.showInformationMessage(said);
    return;
  }
  const action = await window.showInformationMessage(`${made} is set up.`, `Start ${request.name}`);
  if (action) await startOrQueue(lab, request);
}
