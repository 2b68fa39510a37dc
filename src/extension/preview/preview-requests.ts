import type { EditedText, PreviewCommand, PreviewEvent, PreviewResult } from '../../protocol/preview.ts';
import type { Clock } from '../workspace/clock.ts';
import { Emitter, type Event } from '../workspace/emitter.ts';
import { type Subject, usesPython } from '../workspace/links.ts';
import { type Edit, EditLog, lastFirst, type Mark } from './marks.ts';
import { Preview } from './preview.ts';
import { next, type PreviewChange } from './preview-state.ts';

/** From the last keystroke to the request. */
const PAUSE_MILLISECONDS = 120;

/** What the editor knows and a request needs. */
export interface EditedTexts {
  /** Of a file that is open, saved or not. */
  openText(file: string): string | undefined;
  unsavedTexts(): { texts: EditedText[]; versions: ReadonlyMap<string, number> };
  /** For reward files that no config names. */
  rewardEnvironment(): string[];
  /** The interpreter for configs that name none; null for the PATH's. */
  python(file: string): Promise<string | null>;
}

/** Where the reward functions run. */
export interface PreviewRunner {
  readonly running: boolean;
  /** It has died so often that only a person should start it again. */
  readonly givenUp: boolean;
  readonly onDidEmit: Event<PreviewEvent>;
  readonly onDidDie: Event<unknown>;
  forgive(): void;
  send(command: PreviewCommand): void;
}

/** Someone who waits until a preview is done. */
interface Waiting {
  preview: Preview;
  id: number;
  resolve: (preview: Preview) => void;
  reject: (error: Error) => void;
}

/** Asks the preview process about the previews that are kept, and gives them its answers: does what `preview-state.ts` says. */
export class PreviewRequests {
  readonly #texts: EditedTexts;
  readonly #again: (subject: Subject) => Subject;
  readonly #process: PreviewRunner;
  readonly #log: { info(text: string): void };
  readonly #clock: Clock;
  /** By subject. */
  readonly #previews = new Map<string, Preview>();
  readonly #edits = new EditLog();
  /** Pauses in typing that are waited for: what ends the wait. */
  readonly #pauses = new Map<Preview, () => void>();
  readonly #waiting = new Set<Waiting>();
  readonly #changed = new Emitter<Preview>();
  readonly #subscriptions: { dispose(): void }[];
  #lastId = 0;

  /** A preview has new numbers, or waits for them, or has lost them. */
  readonly onDidChange = this.#changed.event;

  /** `again` gives a subject as it is now. */
  constructor(
    texts: EditedTexts,
    again: (subject: Subject) => Subject,
    process: PreviewRunner,
    log: { info(text: string): void },
    clock: Clock,
  ) {
    this.#texts = texts;
    this.#again = again;
    this.#process = process;
    this.#log = log;
    this.#clock = clock;
    this.#subscriptions = [process.onDidEmit((event) => this.#receive(event)), process.onDidDie(() => this.#onDeath())];
  }

  get all(): Preview[] {
    return [...this.#previews.values()];
  }

  get(subject: string): Preview | undefined {
    return this.#previews.get(subject);
  }

  /** Asks about a subject that is not kept yet. */
  open(subject: Subject): void {
    this.#step(this.#keep(subject), { type: 'ask', id: ++this.#lastId, fresh: false });
  }

  /** Asks about a subject at once; resolves when every function is done. `fresh`: no score that was kept counts. */
  run(subject: Subject, fresh: boolean): Promise<Preview> {
    this.#process.forgive();
    const preview = this.#keep(subject);
    const id = ++this.#lastId;
    const done = new Promise<Preview>((resolve, reject) => this.#waiting.add({ preview, id, resolve, reject }));
    this.#step(preview, { type: 'ask', id, fresh });
    return done;
  }

  /** Whether someone waits until it is done. */
  isAwaited(preview: Preview): boolean {
    return [...this.#waiting].some((waiting) => waiting.preview === preview);
  }

  /** An open text was edited; `version` is the document's after that. */
  edited(file: string, version: number, changes: readonly Edit[]): void {
    const edits = lastFirst(changes);
    this.#edits.add(file, version, edits);
    for (const preview of this.all) for (const edit of edits) preview.edit(file, edit);
  }

  /** Asks again at the next pause. */
  changed(preview: Preview): void {
    this.#step(preview, { type: 'changed' });
  }

  close(preview: Preview): void {
    this.#step(preview, { type: 'close' });
  }

  dispose(): void {
    for (const subscription of this.#subscriptions) subscription.dispose();
    for (const preview of this.all) this.close(preview);
    this.#changed.dispose();
  }

  #keep(subject: Subject): Preview {
    const preview = this.#previews.get(subject.id) ?? new Preview(subject);
    preview.subject = subject;
    this.#previews.set(subject.id, preview);
    return preview;
  }

  #onDeath(): void {
    for (const preview of this.all)
      this.#step(preview, this.#process.givenUp ? { type: 'gave up' } : { type: 'died', id: ++this.#lastId });
  }

  #step(preview: Preview, event: PreviewChange): void {
    const { state, task } = next(preview.state, event);
    preview.state = state;
    if (task === 'wait' || state.is !== 'typing') this.#pauses.get(preview)?.();
    if (task === 'wait') this.#waitForPause(preview);
    else if (task === 'prepare' && state.is === 'preparing') void this.#prepare(preview, state.id, state.fresh);
    else if (task === 'give up') this.#giveUp(preview);
    else if (task === 'close') this.#forget(preview);
  }

  #waitForPause(preview: Preview): void {
    const cancel = this.#clock.after(PAUSE_MILLISECONDS, () => {
      this.#pauses.delete(preview);
      // Its config may have been what was edited.
      preview.subject = this.#again(preview.subject);
      this.#step(preview, { type: 'pause over', id: ++this.#lastId });
    });
    this.#pauses.set(preview, () => {
      this.#pauses.delete(preview);
      cancel();
    });
  }

  async #prepare(preview: Preview, id: number, fresh: boolean): Promise<void> {
    const { subject } = preview;
    const { rewards, dataset, model, samplesPlace: file } = subject;
    const settings = { ...subject.settings };
    settings.rewardEnv ??= this.#texts.rewardEnvironment();
    if (usesPython(subject)) settings.python ??= await this.#python(subject);
    const { texts, versions } = this.#texts.unsavedTexts();
    const text = subject.samples === null ? '' : this.#texts.openText(file);
    this.#step(preview, { type: 'prepared', request: { id, versions, saved: texts.length === 0 } });
    if (preview.state.is !== 'asked' || preview.state.sent.id !== id) return;
    if (this.#process.givenUp) return this.#step(preview, { type: 'gave up' });
    this.#process.send({
      type: 'preview',
      id,
      subject: subject.id,
      ...{ rewards, samples: { file, ...(text !== undefined && { text }) }, dataset, texts, model, settings },
      reuse: !fresh,
    });
    this.#tell(preview);
  }

  async #python({ id }: Subject): Promise<string | null> {
    try {
      return await this.#texts.python(id);
    } catch (error) {
      this.#log.info(`The Python extension names no interpreter: ${(error as Error).message}`);
      return null;
    }
  }

  #giveUp(preview: Preview): void {
    preview.broken = 'The preview process ended three times within a minute; see GRPO: Show Log.';
    this.#tell(preview);
  }

  #forget(preview: Preview): void {
    const { id } = preview.subject;
    this.#previews.delete(id);
    if (this.#process.running) this.#process.send({ type: 'close', subject: id });
    this.#tell(preview);
  }

  #receive(event: PreviewEvent): void {
    if (event.type === 'output') this.#log.info(`${event.file} printed: ${event.text.trimEnd()}`);
    else if (event.type === 'result') this.#take(event);
  }

  #take(result: PreviewResult): void {
    const preview = this.#previews.get(result.subject);
    const sent = preview?.state.sent;
    // Of an older request than the newest: another one is on its way, with places that are right.
    if (!preview || result.id !== sent?.id) return;
    const now = (file: string, mark: Mark): Mark => this.#edits.now(file, sent.versions.get(file) ?? 0, mark);
    preview.take(result, sent, now);
    this.#tell(preview);
  }

  #tell(preview: Preview): void {
    this.#changed.fire(preview);
    for (const waiting of this.#waiting)
      if (waiting.preview === preview && settle(waiting)) this.#waiting.delete(waiting);
  }
}

/** Whether the wait is over. */
function settle({ preview, id, resolve, reject }: Waiting): boolean {
  const { state, result, broken } = preview;
  if (state.is === 'closed') reject(new Error('The preview was closed.'));
  else if (state.is === 'broken') reject(new Error(broken));
  else if (result?.done && result.id >= id) resolve(preview);
  else return false;
  return true;
}
