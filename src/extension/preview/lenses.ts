import { basename } from 'node:path';
import {
  CodeLens,
  type CodeLensProvider,
  Disposable,
  type DocumentFilter,
  type Event,
  EventEmitter,
  languages,
  Range,
  type TextDocument,
  workspace,
} from 'vscode';
import { auditWords } from '../../protocol/audit-report.ts';
import type { PreviewFunction } from '../../protocol/preview.ts';
import { isExcluded } from '../workspace/excluded.ts';
import { PYTHON } from '../workspace/links.ts';
import type { Audits } from './audits.ts';
import { findDeclarations, findTrlRewards } from './declarations.ts';
import type { Preview } from './preview.ts';
import type { Previews } from './previews.ts';
import type { Subjects } from './subjects.ts';
import { functionSummary } from './words.ts';

export const REWARD_FILES: DocumentFilter[] = [
  { scheme: 'file', pattern: '**/*.reward.{ts,mts,cts,js,mjs,cjs}' },
  { scheme: 'file', pattern: '**/*.py' },
];

/** How each reward function does, above it; while typing it keeps its place and its last numbers. */
export class RewardLenses implements CodeLensProvider, Disposable {
  readonly #subjects: Subjects;
  readonly #previews: Previews;
  readonly #audits: Audits;
  readonly #changed = new EventEmitter<void>();
  readonly #subscription: Disposable;

  constructor(subjects: Subjects, previews: Previews, audits: Audits) {
    this.#subjects = subjects;
    this.#previews = previews;
    this.#audits = audits;
    this.#subscription = Disposable.from(
      this.#changed,
      subjects.onDidChange(() => this.#changed.fire()),
      previews.onDidChange(() => this.#changed.fire()),
      previews.onDidChangeCurrent(() => this.#changed.fire()),
      audits.onDidChange(() => this.#changed.fire()),
      workspace.onDidGrantWorkspaceTrust(() => this.#changed.fire()),
      languages.registerCodeLensProvider(REWARD_FILES, this),
    );
  }

  get onDidChangeCodeLenses(): Event<void> {
    return this.#changed.event;
  }

  async provideCodeLenses(document: TextDocument): Promise<CodeLens[]> {
    await this.#subjects.ready;
    const file = document.uri.fsPath;
    const subject = this.#subjects.of(file);
    if (!subject) return this.#unrunLenses(file, document.getText());
    if (!workspace.isTrusted) {
      const title = '$(shield) Previews run the reward functions: trust this workspace first';
      return lensesAt(this.#linesOf(document).at(0)?.line ?? 0, [[title, 'workbench.trust.manage']]);
    }
    if (!this.#previews.enabled) return [];
    const preview = this.#previews.of(file);
    const choice = this.#subjects.all(file).some(({ samplesPlace }) => samplesPlace !== subject.samplesPlace);
    const others: Lens[] = choice
      ? [[`$(arrow-swap) ${basename(subject.samplesPlace)}`, 'grpo.selectPreviewConfig', { file }]]
      : [];
    return this.#linesOf(document).flatMap(({ name, line, described }) => {
      const target = { file, name };
      if (subject.samples === null)
        return lensesAt(line, [
          ['No samples · Generate Samples', 'grpo.generateSamples', subject.config ?? file],
          ...this.#adding(file, name),
        ]);
      return lensesAt(line, [
        [summary(preview, described), 'grpo.openPreview', target],
        ['$(play) Run', 'grpo.runPreview', target],
        ['$(debug-alt) Debug on Sample', 'grpo.debugSample', target],
        [this.#auditTitle(file, name), 'grpo.auditRewards', target],
        ['$(list-unordered) Open Samples', 'grpo.openSamples', target],
        ...this.#adding(file, name),
        ...others,
      ]);
    });
  }

  #auditTitle(file: string, name: string): string {
    const audited = this.#audits.of(file, name);
    return audited ? `$(shield) audit: ${auditWords(audited)}` : '$(shield) Audit';
  }

  /** Python files are of all kinds: what looks like a reward in one that nothing names is not run, but can be added. */
  #unrunLenses(file: string, text: string): CodeLens[] {
    if (!workspace.isTrusted || !this.#previews.enabled || !PYTHON.test(file) || isExcluded(file)) return [];
    return findTrlRewards(text).flatMap(({ name, line }) => lensesAt(line, this.#adding(file, name)));
  }

  /** Of a function that no run config names, while there is one that could. */
  #adding(file: string, name: string): Lens[] {
    const { configs } = this.#subjects;
    const isNamed = configs.some(({ rewards }) =>
      rewards.some((reward) => reward.file === file && (reward.function === undefined || reward.function === name)),
    );
    if (isNamed || configs.length === 0) return [];
    return [['$(add) Add to Run Config', 'grpo.addRewardToConfig', { file, name }]];
  }

  dispose(): void {
    this.#subscription.dispose();
  }

  /** Where the functions are: as the process found them, and before that as the text tells. */
  #linesOf(document: TextDocument): { name: string; line: number; described?: PreviewFunction }[] {
    const file = document.uri.fsPath;
    const known = this.#previews.of(file)?.functionsIn(file) ?? [];
    if (known.length === 0) return findDeclarations(file, document.getText());
    return known.map(({ described, line }) => ({ name: described.name, line, described }));
  }
}

function summary(preview: Preview | undefined, described: PreviewFunction | undefined): string {
  if (preview?.broken !== undefined) return `$(warning) ${preview.broken}`;
  if (!described) {
    const failed = preview?.result?.done && preview.result.functions.length === 0;
    return failed ? '$(warning) no scores yet: see the error' : '$(loading~spin) scoring samples …';
  }
  const numbers = functionSummary(described);
  if (preview?.result?.stale) return `$(history) before the error: ${numbers}`;
  return described.state === 'running' ? `${numbers} …` : numbers;
}

type Lens = [title: string, command: string, argument?: unknown];

const lensesAt = (line: number, lenses: Lens[]): CodeLens[] =>
  lenses.map(
    ([title, command, argument]) =>
      new CodeLens(new Range(line, 0, line, 0), {
        ...{ title, command, arguments: argument === undefined ? [] : [argument] },
      }),
  );
