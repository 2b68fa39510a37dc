import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type QuickPickItem, window, workspace } from 'vscode';
import { PARTIAL, TENSORFLOW_FOLDER } from '../../protocol/set-up-places.ts';
import type { Lab } from '../lab.ts';
import { mayRunCode } from '../workspace/trust.ts';
import { runWithProgress } from './run-with-progress.ts';

const TITLE = 'GRPO: Set Up TensorFlow Engine';

/** A line of `grpo setup-tensorflow --json`: what it does now, or at the end what computes. */
type Line = { message: string } | { on: string };

interface Way extends QuickPickItem {
  args: string[];
}

/** Gets tfjs-node into the extension's storage, where runs with `"device": "tensorflow"` find it. */
export async function setUpTensorFlow(lab: Lab): Promise<void> {
  if (!mayRunCode('Setting up TensorFlow', "it runs this workspace's Python interpreter")) return;
  const way = await pickWay(lab);
  if (!way) return;
  let on = '';
  const { exit, cancelled } = await runWithProgress(lab.context, {
    title: 'Setting up the TensorFlow engine',
    args: ['setup-tensorflow', ...way.args],
    cwd: lab.context.extensionPath,
    onLine(text, progress) {
      const line = JSON.parse(text) as Line;
      if ('message' in line) progress.report({ message: line.message });
      else on = line.on;
    },
  });
  if (cancelled) {
    // It was killed before it could clear up.
    const partial = join(lab.context.globalStorageUri.fsPath, TENSORFLOW_FOLDER + PARTIAL);
    await rm(partial, { recursive: true, force: true, maxRetries: 3 });
    return;
  }
  if (exit.ok) {
    const said = `Device "tensorflow" works, with ${on}. Set "device": "tensorflow" in a run config to use it.`;
    void window.showInformationMessage(said);
    return;
  }
  lab.log.error(exit.lastWords);
  const why = exit.problem?.message ?? exit.lastWords;
  const action = await window.showErrorMessage(`TensorFlow was not set up: ${why}`, 'Show Log');
  if (action) lab.log.show();
}

async function pickWay({ interpreters }: Lab): Promise<Way | undefined> {
  const { path } = await interpreters.find(workspace.workspaceFolders?.[0]?.uri.fsPath ?? '');
  const ways: Way[] = [
    {
      label: "$(tools) Build against your Python's TensorFlow",
      description: path ?? 'python3 on the PATH',
      detail: 'TensorFlow 2.12 or newer, CUDA 12; needs npm and a C++ compiler',
      args: path === null ? [] : ['--python', path],
    },
    {
      label: '$(cloud-download) Install tfjs-node-gpu',
      detail: 'TensorFlow 2.9, CUDA 11: prebuilt binaries; needs only npm',
      args: ['--prebuilt'],
    },
  ];
  return window.showQuickPick(ways, { title: TITLE, placeHolder: 'Select a TensorFlow', ignoreFocusOut: true });
}
