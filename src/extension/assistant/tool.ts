import { join } from 'node:path';
import {
  type CancellationToken,
  type ExtensionContext,
  LanguageModelTextPart,
  type LanguageModelTool,
  type LanguageModelToolInvocationOptions,
  type LanguageModelToolInvocationPrepareOptions,
  LanguageModelToolResult,
  MarkdownString,
  type PreparedToolInvocation,
  Uri,
  workspace,
} from 'vscode';
import { answer, type Host } from '../../assistant/answer.ts';
import { commandText } from '../../assistant/command.ts';
import type { ToolName } from '../../assistant/names.ts';
import { runFoldersIn } from '../../assistant/runs.ts';
import { TOOLS } from '../../assistant/tools.ts';
import { childEnvironment } from '../workspace/child-environment.ts';
import type { Interpreters } from '../workspace/interpreter.ts';
import { pythonArgs, scorePythonArgs, type TrainingRequest, trainingRequest } from '../workspace/request.ts';
import type { RunList } from '../workspace/run-list.ts';
import { settingsFolders } from '../workspace/settings-folders.ts';
import { placeIn } from './place.ts';
import { announce } from './questions.ts';

/** What the tools work with. */
export interface ToolParts {
  context: ExtensionContext;
  runs: RunList;
  interpreters: Interpreters;
  trainings: {
    start(request: TrainingRequest, signal: AbortSignal): Promise<string>;
    stop(folder: string, signal: AbortSignal): Promise<string>;
  };
}

/** A tool as VS Code's chat calls it. */
export class EditorTool implements LanguageModelTool<object> {
  readonly #name: ToolName;
  readonly #parts: ToolParts;

  constructor(name: ToolName, parts: ToolParts) {
    this.#name = name;
    this.#parts = parts;
  }

  prepareInvocation({ input }: LanguageModelToolInvocationPrepareOptions<object>): PreparedToolInvocation {
    const { doing, question } = announce(this.#name, input);
    // Where it will be refused, there is nothing to ask.
    if (!question || !this.#mayRun) return { invocationMessage: doing };
    const { title, message } = question;
    return { invocationMessage: doing, confirmationMessages: { title, message: new MarkdownString(message) } };
  }

  async invoke(
    { input }: LanguageModelToolInvocationOptions<object>,
    token: CancellationToken,
  ): Promise<LanguageModelToolResult> {
    if (!this.#mayRun)
      throw new Error(
        `${TOOLS[this.#name].title} is off in Restricted Mode because it runs this workspace's reward functions. Ask the user to trust the workspace (Workspaces: Manage Workspace Trust). Runs can be read.`,
      );
    // What is on the screen is what is scored and trained.
    if (this.#runsCode) await workspace.saveAll(false);
    const cancelled = new AbortController();
    const listening = token.onCancellationRequested(() => cancelled.abort(new Error('Canceled.')));
    try {
      const text = await answer(this.#name, input, this.#host(cancelled.signal));
      return new LanguageModelToolResult([new LanguageModelTextPart(text)]);
    } finally {
      listening.dispose();
    }
  }

  get #runsCode(): boolean {
    const { effect } = TOOLS[this.#name];
    return effect === 'runs-code' || effect === 'trains';
  }

  get #mayRun(): boolean {
    return workspace.isTrusted || !this.#runsCode;
  }

  #host(signal: AbortSignal): Host {
    const { context, runs, interpreters, trainings } = this.#parts;
    const folders = settingsFolders().map(({ path }) => path);
    return {
      place: (path) => {
        const place = placeIn(folders, path);
        if (this.#runsCode && !workspace.getWorkspaceFolder(Uri.file(place)))
          throw new Error(`${place} is outside the workspace: only code in it is trusted to run.`);
        return place;
      },
      async grpo(args) {
        const script = join(context.extensionPath, 'dist', 'grpo.js');
        return commandText(script, [...args, ...(await pythonOf(args, interpreters))], {
          env: childEnvironment(context),
          signal,
          ...(folders[0] !== undefined && { cwd: folders[0] }),
        });
      },
      async runFolders(folder) {
        if (folder !== undefined) return runFoldersIn(folder);
        await runs.scanned;
        return runs.runs.map((run) => run.folder);
      },
      async start(config, set) {
        const folder = await trainings.start({ ...trainingRequest(config), ...(set.length > 0 && { set }) }, signal);
        return `Training in ${folder}. Its dashboard is open; the user can pause and stop it there.`;
      },
      stop: (run) => trainings.stop(run, signal),
    };
  }
}

/** The interpreter that the editor's previews take, too. */
async function pythonOf([command, file]: string[], interpreters: Interpreters): Promise<string[]> {
  if (command === 'check') return pythonArgs(file!, interpreters);
  return command === 'score' || command === 'audit' ? scorePythonArgs(file!, interpreters) : [];
}
