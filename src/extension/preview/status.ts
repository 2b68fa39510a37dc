import { basename, dirname } from 'node:path';
import {
  Disposable,
  type DocumentFilter,
  type LanguageStatusItem,
  LanguageStatusSeverity,
  languages,
  RelativePattern,
  Uri,
  window,
} from 'vscode';
import { configName } from '../../text/files-by-name.ts';
import type { Interpreters } from '../workspace/interpreter.ts';
import { PYTHON, type Subject } from '../workspace/links.ts';
import type { Previews } from './previews.ts';
import type { Subjects } from './subjects.ts';

/** In the language status of reward and samples files: the run config that they are previewed with, and the Python interpreter. */
export class PreviewStatus implements Disposable {
  readonly #subjects: Subjects;
  readonly #previews: Previews;
  readonly #interpreters: Interpreters;
  readonly #config: LanguageStatusItem;
  readonly #python: LanguageStatusItem;
  readonly #subscription: Disposable;

  constructor(subjects: Subjects, previews: Previews, interpreters: Interpreters) {
    this.#subjects = subjects;
    this.#previews = previews;
    this.#interpreters = interpreters;
    this.#config = languages.createLanguageStatusItem('grpo.config', []);
    this.#config.name = 'GRPO run config';
    this.#python = languages.createLanguageStatusItem('grpo.python', []);
    this.#python.name = 'GRPO Python interpreter';
    const show = () => void this.#show();
    this.#subscription = Disposable.from(
      this.#config,
      this.#python,
      window.onDidChangeActiveTextEditor(show),
      subjects.onDidChange(show),
      previews.onDidChange(show),
      interpreters.onDidChange(show),
    );
    void subjects.ready.then(show);
  }

  dispose(): void {
    this.#subscription.dispose();
  }

  async #show(): Promise<void> {
    const uri = window.activeTextEditor?.document.uri;
    const file = uri?.scheme === 'file' ? uri.fsPath : undefined;
    const subject = file === undefined ? undefined : this.#subjects.of(file);
    const here: DocumentFilter[] = subject && file ? [only(file)] : [];
    this.#config.selector = here;
    this.#config.text = subject?.config ? `GRPO: ${configName(subject.config)}` : 'GRPO: reward alone';
    this.#config.detail = subject?.config ? basename(subject.config) : 'all weights 1';
    this.#config.command = { title: 'Select Run Config', command: 'grpo.selectPreviewConfig', arguments: [uri] };
    this.#python.selector = subject?.rewards.some((reward) => PYTHON.test(reward.file)) ? here : [];
    if (subject && this.#python.selector === here) await this.#showPython(subject, here);
  }

  async #showPython(subject: Subject, here: DocumentFilter[]): Promise<void> {
    const { python: configured } = subject.settings;
    const { path, source } = await this.#interpreters.find(subject.id);
    // Another file may be in sight by now.
    if (this.#python.selector !== here) return;
    const preview = this.#previews.of(subject);
    const found = preview?.result?.python;
    const missing = preview?.result?.done && !found;
    this.#python.text = found ? `Python ${found.version}` : 'Python';
    this.#python.detail = `${found?.path ?? configured ?? path ?? 'python3'} (${configured === null ? source : basename(subject.id)})`;
    this.#python.severity = missing ? LanguageStatusSeverity.Warning : LanguageStatusSeverity.Information;
    const settings = { title: 'Change', command: 'workbench.action.openSettings', arguments: ['grpo.pythonPath'] };
    const select = { title: 'Select Interpreter', command: 'python.setInterpreter' };
    this.#python.command = source === 'Python extension' ? select : settings;
  }
}

const only = (file: string): DocumentFilter => ({
  scheme: 'file',
  pattern: new RelativePattern(Uri.file(dirname(file)), basename(file)),
});
