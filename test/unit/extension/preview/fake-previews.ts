import type { Preview } from '../../../../src/extension/preview/preview.ts';
import type { PreviewRunner } from '../../../../src/extension/preview/preview-requests.ts';
import { type PreviewedEditor, Previews } from '../../../../src/extension/preview/previews.ts';
import { DEFAULT_SETTINGS } from '../../../../src/extension/workspace/config-links.ts';
import { Emitter } from '../../../../src/extension/workspace/emitter.ts';
import type { Subject } from '../../../../src/extension/workspace/links.ts';
import type { PreviewCommand, PreviewEvent, PreviewRequest, PreviewResult } from '../../../../src/protocol/preview.ts';
import { FakeClock, settled } from '../fake-clock.ts';

export const SORT = '/w/sort.reward.ts';
export const ADD = '/w/add.reward.ts';
export const PYTHON = '/w/total.py';

/** A preview process that does what the test says. */
export class FakeRunner implements PreviewRunner {
  running = false;
  givenUp = false;
  forgiven = 0;
  sent: PreviewCommand[] = [];
  readonly emitted = new Emitter<PreviewEvent>();
  readonly #died = new Emitter<void>();
  readonly onDidEmit = this.emitted.event;
  readonly onDidDie = this.#died.event;

  forgive(): void {
    this.forgiven++;
    this.givenUp = false;
  }

  send(command: PreviewCommand): void {
    // As the real one.
    if (this.givenUp) return;
    this.running = true;
    this.sent.push(command);
  }

  die(givenUp = false): void {
    this.running = false;
    this.givenUp = givenUp;
    this.#died.fire();
  }

  get requests(): PreviewRequest[] {
    return this.sent.filter((command) => command.type === 'preview');
  }

  get last(): PreviewRequest {
    return this.requests.at(-1)!;
  }

  get closed(): string[] {
    return this.sent.flatMap((command) => (command.type === 'close' ? [command.subject] : []));
  }

  answer({ id, subject }: PreviewRequest, changes: Partial<PreviewResult> = {}): void {
    this.emitted.fire({
      ...{ type: 'result', id, subject, done: true, stale: false, functions: [], rows: [], groups: [], problems: [] },
      ...{ computed: 0, seconds: 0, python: null },
      ...changes,
    });
  }
}

/** A window with tabs and texts, and the previews of it. */
export class FakeEditor implements PreviewedEditor {
  enabled = true;
  /** Files in tabs, the last one in sight. */
  tabs: string[] = [];
  readonly dirty = new Map<string, { text: string; version: number }>();
  readonly subjects = new Map<string, Subject>();
  readonly subjectsChanged = new Emitter<void>();
  readonly runner = new FakeRunner();
  readonly clock = new FakeClock();
  readonly previews: Previews;
  readonly log: string[] = [];
  /** The previews of which something was told. */
  readonly told: string[] = [];
  findPython: () => Promise<string | null> = async () => '/usr/bin/python3';

  /** A window that opens with a tab. */
  constructor(tab: string, ...known: Subject[]) {
    this.tabs = [tab];
    for (const about of known) this.subjects.set(about.id, about);
    const subjects = {
      ready: Promise.resolve(),
      onDidChange: this.subjectsChanged.event,
      of: (file: string) => this.#subjectOf(file),
      again: (subject: Subject) => this.subjects.get(subject.id) ?? subject,
    };
    const log = { info: (text: string) => void this.log.push(text) };
    this.previews = new Previews(this, subjects, this.runner, log, this.clock);
    this.previews.onDidChange(({ subject }) => this.told.push(subject.id));
  }

  shownFiles(): string[] {
    return this.tabs.slice(-1);
  }
  activeFile(): string | undefined {
    return this.tabs.at(-1);
  }
  isShownInTab(file: string): boolean {
    return this.tabs.includes(file);
  }
  openText(file: string): string | undefined {
    return this.dirty.get(file)?.text;
  }
  unsavedTexts() {
    const texts = [...this.dirty].map(([file, { text }]) => ({ file, text }));
    return { texts, versions: new Map([...this.dirty].map(([file, { version }]) => [file, version])) };
  }
  rewardEnvironment(): string[] {
    return [];
  }
  python(): Promise<string | null> {
    return this.findPython();
  }

  /** Types a line at the start of a file. */
  type(file: string, line = ''): void {
    const { text = '', version = 1 } = this.dirty.get(file) ?? {};
    this.dirty.set(file, { text: `${line}\n${text}`, version: version + 1 });
    const start = { line: 0, character: 0 };
    this.previews.edited(file, version + 1, [{ range: { start, end: start }, text: `${line}\n` }]);
  }

  save(file: string): void {
    this.dirty.delete(file);
    this.previews.textChanged(file);
  }

  preview(file: string): Preview {
    return this.previews.of(file)!;
  }

  /** Answers a subject's last request to the end. */
  async answered(subject: string): Promise<void> {
    await settled();
    this.runner.answer(this.runner.requests.filter((request) => request.subject === subject).at(-1)!);
  }

  show(...tabs: string[]): void {
    this.tabs = tabs;
    this.previews.refresh();
  }

  /** Long enough for a pause in typing. */
  async pause(): Promise<void> {
    await this.clock.go(120);
    await settled();
  }

  #subjectOf(file: string): Subject | undefined {
    const isOf = ({ id, samplesPlace, rewards }: Subject) =>
      [id, samplesPlace, ...rewards.map((reward) => reward.file)].includes(file);
    return [...this.subjects.values()].find(isOf);
  }
}

/** What a reward file is previewed with, alone or by a config. */
export function subject(reward: string, config: string | null = null): Subject {
  const samples = reward.replace(/\.(reward\.ts|py)$/, '.samples.jsonl');
  return {
    ...{ id: config ?? reward, config, rewards: [{ file: reward, weight: 1 }], dataset: null, model: null },
    ...{ settings: DEFAULT_SETTINGS, samples, samplesPlace: samples },
  };
}
