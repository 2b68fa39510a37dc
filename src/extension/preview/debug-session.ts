import { join } from 'node:path';
import {
  commands,
  type DebugConfiguration,
  debug,
  extensions,
  Uri,
  type WorkspaceFolder,
  window,
  workspace,
} from 'vscode';
import { endMarked, markedWith, newMark } from '../../processes/marked.ts';
import { rewardEnvironment } from '../../processes/reward-environment.ts';
import { DEBUGPY_EXTENSION, type Interpreters } from '../workspace/interpreter.ts';
import { PYTHON, type Subject } from '../workspace/links.ts';

/** One call of a reward function to be looked at: with the arguments of the row on `line` (from 1) of the samples. */
export interface DebugTarget {
  file: string;
  name: string;
  samples: string;
  line: number;
}

/** The function of the target's row in a debugger, without time limits. Breakpoints are those of the reward file. */
export async function startDebugging(
  target: DebugTarget,
  subject: Subject,
  interpreters: Interpreters,
  extensionPath: string,
): Promise<boolean> {
  // The debugger reads files, and shows them.
  for (const document of workspace.textDocuments)
    if (document.isDirty && [target.file, target.samples].includes(document.uri.fsPath)) await document.save();
  const folder = workspace.getWorkspaceFolder(Uri.file(target.file));
  const configuration = PYTHON.test(target.file)
    ? await pythonSession(target, subject, interpreters, extensionPath)
    : nodeSession(target, extensionPath);
  return configuration !== undefined && debugMarked(folder, configuration, subject);
}

/** With the environment of a reward worker; what the function has started ends with the session. */
async function debugMarked(
  folder: WorkspaceFolder | undefined,
  { target, ...configuration }: RewardSession,
  { model, settings }: Subject,
): Promise<boolean> {
  const { hidden } = rewardEnvironment(settings.rewardEnv ?? ofSetting());
  const mark = newMark();
  const ending = debug.onDidTerminateDebugSession(({ parentSession, configuration: { env } }) => {
    if (parentSession || env?.[mark] === undefined) return;
    ending.dispose();
    void endMarked(mark);
  });
  const prompts = { model, variables: settings.chatTemplateKwargs ?? {} };
  const args = [JSON.stringify({ ...target, ...prompts, hidden })];
  const started = await debug.startDebugging(folder, { ...configuration, args, env: markedWith(mark) });
  if (!started) ending.dispose();
  return started;
}

/** For a reward file that no run config names. */
const ofSetting = (): string[] => workspace.getConfiguration('grpo').get('rewardEnv', []);

interface RewardSession extends DebugConfiguration {
  target: DebugTarget;
}

const title = ({ name, line }: DebugTarget): string => `${name} on sample ${line}`;

function nodeSession(target: DebugTarget, extensionPath: string): RewardSession {
  const electron = process.versions.electron !== undefined;
  return {
    type: 'pwa-node',
    request: 'launch',
    name: title(target),
    program: join(extensionPath, 'dist', 'reward-debug.js'),
    target,
    cwd: join(target.file, '..'),
    // On the desktop this executable is VS Code itself, which a debugger cannot start as Node: there it takes the PATH's.
    ...(!electron && { runtimeExecutable: process.execPath }),
    runtimeArgs: ['--no-warnings'],
    console: 'internalConsole',
    internalConsoleOptions: 'openOnSessionStart',
    // The reward file becomes a module in memory, with its source map: its breakpoints must be set before it runs.
    pauseForSourceMap: true,
    resolveSourceMapLocations: null,
    skipFiles: ['<node_internals>/**', join(extensionPath, 'dist', '**')],
  };
}

async function pythonSession(
  target: DebugTarget,
  subject: Subject,
  interpreters: Interpreters,
  extensionPath: string,
): Promise<RewardSession | undefined> {
  if (!extensions.getExtension(DEBUGPY_EXTENSION)) {
    const why = 'To debug Python rewards, install the Python Debugger extension.';
    const show = 'Show Extension';
    void window.showInformationMessage(why, show).then((choice) => {
      if (choice === show) void commands.executeCommand('workbench.extensions.search', `@id:${DEBUGPY_EXTENSION}`);
    });
    return undefined;
  }
  const python = subject.settings.python ?? (await interpreters.find(target.file)).path;
  return {
    type: 'debugpy',
    request: 'launch',
    name: title(target),
    program: join(extensionPath, 'dist', 'reward-debug.py'),
    target,
    cwd: join(target.file, '..'),
    ...(python !== null && { python }),
    console: 'internalConsole',
    internalConsoleOptions: 'openOnSessionStart',
    justMyCode: true,
  };
}
