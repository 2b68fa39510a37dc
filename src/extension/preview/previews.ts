import { Disposable, EventEmitter, type LogOutputChannel, type TextDocument, window, workspace } from 'vscode';
import type { PreviewEvent, PreviewResult } from '../../protocol/preview.ts';
import { isShownInTab, mayBeRead, openDocument, shownFiles, unsavedTexts } from '../workspace/documents.ts';
import type { Interpreters } from '../workspace/interpreter.ts';
import { PYTHON, SAMPLES, type Subject } from '../workspace/links.ts';
import { EditLog, lastFirst, type Mark } from './marks.ts';
import { Preview } from './preview.ts';
import type { PreviewProcess } from './preview-process.ts';
import type { Subjects } from './subjects.ts';

/** From the last keystroke to the request. */
const PAUSE_MILLISECONDS = 120;
/** Files that a reward function may be made of, or read. */
const CODE = '**/*.{ts,mts,cts,js,mjs,cjs,json,jsonl,py}';

/** Every subject that is in sight, kept up to date with what is written. Nothing runs before a reward or samples file is looked at. */
export class Previews implements Disposable {
  readonly #subjects: Subjects;
  readonly #process: PreviewProcess;
  readonly #interpreters: Interpreters;
  readonly #log: LogOutputChannel;
  readonly #shown = new Map<string, Preview>();
  readonly #edits = new EditLog();
  readonly #changed = new EventEmitter<Preview>();
  readonly #focused = new EventEmitter<void>();
  readonly #subscription: Disposable;
  readonly #due = new Set<Preview>();
  /** Runs that someone waits for, in a tab or not. */
  readonly #asked = new Set<Preview>();
  #timer: NodeJS.Timeout | undefined;
  #lastId = 0;
  #focus: string | undefined;

  /** A preview has new numbers, or waits for them, or has lost them. */
  readonly onDidChange = this.#changed.event;
  /** `current` is another one, or previews were switched on or off. */
  readonly onDidChangeCurrent = this.#focused.event;

  constructor(subjects: Subjects, process: PreviewProcess, interpreters: Interpreters, log: LogOutputChannel) {
    this.#subjects = subjects;
    this.#process = process;
    this.#interpreters = interpreters;
    this.#log = log;
    const disk = workspace.createFileSystemWatcher(CODE);
    this.#subscription = Disposable.from(
      ...[this.#changed, this.#focused, disk],
      process.onDidEmit((event) => this.#receive(event)),
      process.onDidDie(() => this.#onDeath()),
      subjects.onDidChange(() => this.#refresh()),
      interpreters.onDidChange(() => this.#requestAll(({ rewards }) => rewards.some(({ file }) => PYTHON.test(file)))),
      window.onDidChangeVisibleTextEditors(() => this.#refresh()),
      window.onDidChangeActiveTextEditor(() => this.#follow()),
      window.tabGroups.onDidChangeTabs(() => this.#closeUnseen()),
      workspace.onDidGrantWorkspaceTrust(() => this.#refresh()),
      workspace.onDidChangeConfiguration((event) => {
        if (event.affectsConfiguration('grpo.preview.enabled')) this.#refresh();
      }),
      workspace.onDidChangeTextDocument(({ document, contentChanges }) => {
        if (contentChanges.length > 0 && document.uri.scheme === 'file') this.#edited(document, contentChanges);
      }),
      // What was unsaved is the state to tell changes against.
      workspace.onDidSaveTextDocument(({ uri }) => this.#onText(uri.fsPath)),
      disk.onDidChange(({ fsPath }) => this.#onDisk(fsPath)),
      disk.onDidCreate(({ fsPath }) => this.#onDisk(fsPath)),
      disk.onDidDelete(({ fsPath }) => this.#onDisk(fsPath)),
    );
    void subjects.ready.then(() => this.#refresh());
  }

  /** Whether previews may run: wanted, and the workspace trusted. */
  get enabled(): boolean {
    return workspace.isTrusted && workspace.getConfiguration('grpo').get('preview.enabled', true);
  }

  /** All that are kept up to date. */
  get all(): Preview[] {
    return [...this.#shown.values()];
  }

  /** Of the reward or samples file that was last looked at. */
  get current(): Preview | undefined {
    return this.#focus === undefined ? undefined : this.#shown.get(this.#focus);
  }

  /** The preview of a subject, or of the reward, samples or config file given, if it is one of those that are kept. */
  of(about: Subject | string): Preview | undefined {
    const subject = typeof about === 'string' ? this.#subjects.of(about) : about;
    return subject && this.#shown.get(subject.id);
  }

  /** All functions of a subject on all samples, anew or as they were kept; resolves when every function is done. */
  async run(subject: Subject, { reuse }: { reuse: boolean }): Promise<Preview> {
    if (!this.enabled)
      throw new Error('Previews are off: the workspace is not trusted, or grpo.preview.enabled is false.');
    this.#process.forgive();
    const preview = this.#show(subject);
    this.#asked.add(preview);
    const id = await this.#request(preview, reuse);
    return new Promise<Preview>((resolve, reject) => {
      const watch = this.#changed.event((changed) => {
        if (changed !== preview) return;
        if (preview.broken !== undefined) reject(new Error(preview.broken));
        else if (preview.result?.done && preview.result.id >= id) resolve(preview);
        else if (this.#shown.get(subject.id) === preview) return;
        else reject(new Error('The preview was closed.'));
        watch.dispose();
      });
    }).finally(() => this.#asked.delete(preview));
  }

  dispose(): void {
    clearTimeout(this.#timer);
    this.#subscription.dispose();
  }

  /** Previews what is in sight. */
  #refresh(): void {
    if (!this.enabled) {
      for (const preview of this.#shown.values()) this.#close(preview);
      this.#focused.fire();
      return;
    }
    for (const file of shownFiles()) {
      const subject = this.#subjects.of(file);
      // A config alone runs nothing.
      if (!subject || (subject.config === file && !this.#shown.has(subject.id))) continue;
      const known = this.#shown.get(subject.id);
      if (!known) void this.#request(this.#show(subject), true);
      else if (JSON.stringify(known.subject) !== JSON.stringify(subject))
        this.#requestAll((other) => other === known.subject);
    }
    this.#closeUnseen();
    this.#follow();
  }

  #follow(): void {
    const file = window.activeTextEditor?.document.uri;
    const subject = file?.scheme === 'file' ? this.#subjects.of(file.fsPath) : undefined;
    if (!subject || subject.id === this.#focus) return;
    this.#focus = subject.id;
    this.#focused.fire();
  }

  #show(subject: Subject): Preview {
    const preview = this.#shown.get(subject.id) ?? new Preview(subject);
    preview.subject = subject;
    this.#shown.set(subject.id, preview);
    this.#focus ??= subject.id;
    return preview;
  }

  /** Those that no tab's file is previewed with any more: closed, or with another run config. */
  #closeUnseen(): void {
    for (const preview of this.#shown.values()) {
      const { id, config, samplesPlace, rewards } = preview.subject;
      const files = [config, samplesPlace, ...rewards.map(({ file }) => file)].filter((file) => file !== null);
      const seen = files.some((file) => isShownInTab(file) && this.#subjects.of(file)?.id === id);
      if (!seen && !this.#asked.has(preview)) this.#close(preview);
    }
  }

  #close(preview: Preview): void {
    const { id } = preview.subject;
    this.#shown.delete(id);
    if (this.#process.running) this.#process.send({ type: 'close', subject: id });
    this.#changed.fire(preview);
  }

  #edited(document: TextDocument, changes: Parameters<typeof lastFirst>[0]): void {
    const file = document.uri.fsPath;
    const edits = lastFirst(changes);
    this.#edits.add(file, document.version, edits);
    for (const preview of this.#shown.values()) for (const edit of edits) preview.edit(file, edit);
    this.#onText(file);
  }

  #onDisk(file: string): void {
    // What is open tells by itself.
    if (!openDocument(file)) this.#onText(file);
  }

  /** Whatever reward files may import or read counts; what did not change is not computed again. */
  #onText(file: string): void {
    if (mayBeRead(file)) this.#requestAll(({ samplesPlace }) => !SAMPLES.test(file) || samplesPlace === file);
  }

  #requestAll(which: (subject: Subject) => boolean): void {
    for (const preview of this.#shown.values()) if (which(preview.subject)) this.#due.add(preview);
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      for (const preview of this.#due) {
        const { id } = preview.subject;
        if (this.#shown.get(id) !== preview) continue;
        // Its config may have been what was edited.
        preview.subject = this.#subjects.again(preview.subject);
        void this.#request(preview, true);
      }
      this.#due.clear();
    }, PAUSE_MILLISECONDS);
  }

  async #request(preview: Preview, reuse: boolean): Promise<number> {
    const { subject } = preview;
    const id = ++this.#lastId;
    const python = subject.rewards.some(({ file }) => PYTHON.test(file));
    const settings = { ...subject.settings };
    // Of a reward file that no config names.
    settings.rewardEnv ??= workspace.getConfiguration('grpo').get<string[]>('rewardEnv', []);
    if (python) settings.python ??= (await this.#interpreters.find(subject.id)).path;
    // While that was found out, the next one may have been asked for.
    if (preview.request && preview.request.id > id) return id;
    const { texts, versions } = unsavedTexts();
    const { rewards, dataset, model, samplesPlace: file } = subject;
    const text = subject.samples === null ? '' : openDocument(file)?.getText();
    preview.request = { id, versions, saved: texts.length === 0 };
    const samples = { file, ...(text !== undefined && { text }) };
    this.#process.send({
      type: 'preview',
      id,
      subject: subject.id,
      ...{ rewards, samples, dataset, texts, model, settings, reuse },
    });
    this.#changed.fire(preview);
    return id;
  }

  #receive(event: PreviewEvent): void {
    if (event.type === 'output') this.#log.info(`${event.file} printed: ${event.text.trimEnd()}`);
    else if (event.type === 'result') this.#take(event);
  }

  #take(result: PreviewResult): void {
    const preview = this.#shown.get(result.subject);
    if (!preview?.request || result.id < (preview.result?.id ?? 0)) return;
    const { id, versions } = preview.request;
    // Of an older request than the newest: another one is on its way, with places that are right.
    if (result.id < id) return;
    const now = (file: string, mark: Mark): Mark => this.#edits.now(file, versions.get(file) ?? 0, mark);
    preview.take(result, now);
    this.#changed.fire(preview);
  }

  #onDeath(): void {
    for (const preview of this.#shown.values()) {
      if (this.#process.givenUp) {
        preview.request = undefined;
        preview.broken = 'The preview process ended three times within a minute; see GRPO: Show Log.';
        this.#changed.fire(preview);
      } else void this.#request(preview, true);
    }
  }
}
