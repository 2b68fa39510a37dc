import type { Clock } from '../workspace/clock.ts';
import { Emitter, type Event } from '../workspace/emitter.ts';
import { mayBeRead, SAMPLES, type Subject, usesPython } from '../workspace/links.ts';
import type { Edit } from './marks.ts';
import type { Preview } from './preview.ts';
import { type EditedTexts, PreviewRequests, type PreviewRunner } from './preview-requests.ts';

/** What previews are of, as the editor has it now. Files are absolute paths. */
export interface PreviewedEditor extends EditedTexts {
  /** Whether previews may run: turned on, and the workspace trusted. */
  readonly enabled: boolean;
  /** Of the editors in sight. */
  shownFiles(): string[];
  activeFile(): string | undefined;
  isShownInTab(file: string): boolean;
}

/** Which files belong together. */
export interface PreviewSubjects {
  readonly ready: Promise<void>;
  readonly onDidChange: Event<void>;
  of(file: string): Subject | undefined;
  again(subject: Subject): Subject;
}

/** Every subject that is in sight, kept up to date with what is written. Nothing runs before a reward or samples file is looked at. */
export class Previews {
  readonly #editor: PreviewedEditor;
  readonly #subjects: PreviewSubjects;
  readonly #requests: PreviewRequests;
  readonly #focused = new Emitter<void>();
  readonly #watching: { dispose(): void };
  #focus: string | undefined;
  #disposed = false;

  /** A preview has new numbers, or waits for them, or has lost them. */
  readonly onDidChange: Event<Preview>;
  /** `current` is another one, or previews were switched on or off. */
  readonly onDidChangeCurrent = this.#focused.event;

  constructor(
    editor: PreviewedEditor,
    subjects: PreviewSubjects,
    process: PreviewRunner,
    log: { info(text: string): void },
    clock: Clock,
  ) {
    this.#editor = editor;
    this.#subjects = subjects;
    this.#requests = new PreviewRequests(editor, (subject) => subjects.again(subject), process, log, clock);
    this.onDidChange = this.#requests.onDidChange;
    this.#watching = subjects.onDidChange(() => this.refresh());
    void subjects.ready.then(() => this.refresh());
  }

  /** Whether previews may run: turned on, and the workspace trusted. */
  get enabled(): boolean {
    return this.#editor.enabled;
  }

  /** All that are kept up to date. */
  get all(): Preview[] {
    return this.#requests.all;
  }

  /** Of the reward or samples file that was last looked at. */
  get current(): Preview | undefined {
    return this.#focus === undefined ? undefined : this.#requests.get(this.#focus);
  }

  /** The preview of a subject, or of the reward, samples or config file given, if it is one of those that are kept. */
  of(about: Subject | string): Preview | undefined {
    const subject = typeof about === 'string' ? this.#subjects.of(about) : about;
    return subject && this.#requests.get(subject.id);
  }

  /** Whether this is what the file is previewed with, unless it is a run config that shares it with others. */
  isPreviewOf(file: string, { id, config }: Subject): boolean {
    return config !== null || this.#subjects.of(file)?.id === id;
  }

  /** All functions of a subject on all samples, called again or as they were kept; resolves when every function is done. */
  async run(subject: Subject, { reuse }: { reuse: boolean }): Promise<Preview> {
    if (!this.enabled)
      throw new Error('Previews are off: the workspace is not trusted, or grpo.preview.enabled is false.');
    this.#focus ??= subject.id;
    return this.#requests.run(subject, !reuse);
  }

  /** Previews what is in sight. */
  refresh(): void {
    if (this.#disposed) return;
    if (!this.enabled) {
      for (const preview of this.all) this.#requests.close(preview);
      this.#focused.fire();
      return;
    }
    for (const file of this.#editor.shownFiles()) {
      const subject = this.#subjects.of(file);
      // A config alone runs nothing.
      if (!subject || (subject.config === file && !this.#requests.get(subject.id))) continue;
      const known = this.#requests.get(subject.id);
      if (known && JSON.stringify(known.subject) !== JSON.stringify(subject)) this.#requests.changed(known);
      if (known) continue;
      this.#focus ??= subject.id;
      this.#requests.open(subject);
    }
    this.closeUnseen();
    this.follow();
  }

  /** Makes what is being edited the current one. */
  follow(): void {
    const file = this.#editor.activeFile();
    const subject = file === undefined ? undefined : this.#subjects.of(file);
    if (!subject || subject.id === this.#focus) return;
    this.#focus = subject.id;
    this.#focused.fire();
  }

  /** Closes those that no tab's file is previewed with any more: closed, or with another run config. */
  closeUnseen(): void {
    for (const preview of this.all) {
      const { id, config, samplesPlace, rewards } = preview.subject;
      const files = [config, samplesPlace, ...rewards.map(({ file }) => file)].filter((file) => file !== null);
      const seen = files.some((file) => this.#editor.isShownInTab(file) && this.#subjects.of(file)?.id === id);
      if (!seen && !this.#requests.isAwaited(preview)) this.#requests.close(preview);
    }
  }

  /** An open text was edited; `version` is the document's after that. */
  edited(file: string, version: number, changes: readonly Edit[]): void {
    this.#requests.edited(file, version, changes);
    this.textChanged(file);
  }

  /** Whatever reward files may import or read counts; what did not change is not computed again. */
  textChanged(file: string): void {
    if (mayBeRead(file)) this.#changeAll(({ samplesPlace }) => !SAMPLES.test(file) || samplesPlace === file);
  }

  /** Another Python interpreter was chosen. */
  interpreterChanged(): void {
    this.#changeAll(usesPython);
  }

  dispose(): void {
    this.#disposed = true;
    this.#watching.dispose();
    this.#requests.dispose();
    this.#focused.dispose();
  }

  #changeAll(which: (subject: Subject) => boolean): void {
    for (const preview of this.all) if (which(preview.subject)) this.#requests.changed(preview);
  }
}
