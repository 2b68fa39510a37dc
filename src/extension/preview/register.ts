import { join } from 'node:path';
import { Disposable, type ExtensionContext, type LogOutputChannel } from 'vscode';
import { systemClock } from '../workspace/clock.ts';
import type { Interpreters } from '../workspace/interpreter.ts';
import type { JudgeKeys } from '../workspace/judge-keys.ts';
import type { Subject } from '../workspace/links.ts';
import { earn } from '../workspace/walkthrough-ticks.ts';
import { Audits } from './audits.ts';
import { debugSample, pickFunction } from './debug-sample.ts';
import { Decorations } from './decorations.ts';
import { ExpectationTests } from './expectation-tests.ts';
import { Hovers } from './hovers.ts';
import { RewardLenses } from './lenses.ts';
import type { PreviewParts } from './parts.ts';
import { PreviewProcess } from './preview-process.ts';
import { Previews } from './previews.ts';
import { PreviewProblems } from './problems.ts';
import { PreviewStatus } from './status.ts';
import { Subjects } from './subjects.ts';
import { PreviewPanelView } from './view.ts';
import { previewedEditor, watchEditor } from './watch-editor.ts';

/** All that shows how reward functions do while they are written. */
export class RewardPreviews implements PreviewParts, Disposable {
  readonly subjects: Subjects;
  readonly previews: Previews;
  readonly audits = new Audits();
  readonly interpreters: Interpreters;
  readonly #extensionPath: string;
  readonly #subscription: Disposable;

  constructor(context: ExtensionContext, log: LogOutputChannel, interpreters: Interpreters, judgeKeys: JudgeKeys) {
    const script = join(context.extensionPath, 'dist', 'preview.js');
    this.#extensionPath = context.extensionPath;
    const process = new PreviewProcess(script, () => judgeKeys.environment, log);
    this.interpreters = interpreters;
    this.subjects = new Subjects(context.workspaceState);
    this.previews = new Previews(previewedEditor(interpreters), this.subjects, process, log, systemClock);
    this.#subscription = Disposable.from(
      watchEditor(this.previews, interpreters),
      new RewardLenses(this.subjects, this.previews, this.audits),
      new Decorations(this.previews),
      new Hovers(this.previews),
      new PreviewProblems(this.previews),
      new PreviewStatus(this.subjects, this.previews, interpreters),
      new PreviewPanelView(context.extensionUri, log, this.previews),
      new ExpectationTests(context.extensionPath, this),
      this.previews.onDidChange(({ result }) => {
        if (result?.functions.some(({ mean }) => mean !== null)) earn('grpo.previewed');
      }),
      this.audits,
      this.previews,
      this.subjects,
      process,
      judgeKeys.onDidChange(() => process.renew()),
    );
  }

  /** Calls a function with one sample's arguments in a debugger; which of both, the user chooses where it is not given. */
  async debug(subject: Subject, file: string, name?: string): Promise<void> {
    const chosen = name ?? (await pickFunction(this, subject, file));
    if (chosen !== undefined) await debugSample(this.#extensionPath, this, subject, chosen);
  }

  dispose(): void {
    this.#subscription.dispose();
  }
}
