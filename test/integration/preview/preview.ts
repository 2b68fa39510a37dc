/** The preview process as an editor hosts it: forked, commands down and results up an IPC channel. */
import { type ChildProcess, type ForkOptions, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { PreviewCommand, PreviewEvent, PreviewRequest, PreviewResult } from '../../../src/protocol/preview.ts';
import { previewEvent } from '../../../src/protocol/preview.ts';

const script = join(import.meta.dirname, '../../../dist/preview.js');

/** What a test asks for beside the request's usual fields; rewards are names of files in the folder, or file#function. */
export type Asked = Partial<Omit<PreviewRequest, 'rewards' | 'samples' | 'texts' | 'settings'>> & {
  rewards: string[];
  weights?: number[];
  /** The text of the samples file, as it is in the editor. */
  samples?: string;
  /** Its name, if another one. */
  samplesFile?: string;
  /** Texts in the editor, by file. */
  texts?: Record<string, string>;
  settings?: Partial<PreviewRequest['settings']>;
};

export class Preview {
  readonly folder: string;
  readonly events: PreviewEvent[] = [];
  readonly exit: Promise<number | null>;
  readonly child: ChildProcess;
  #id = 0;
  #heard = () => {};

  /** A process, and a folder with these files. */
  constructor(files: Record<string, string>, options: ForkOptions = {}) {
    this.folder = realpathSync(mkdtempSync(join(tmpdir(), 'grpo-preview-')));
    for (const [name, text] of Object.entries(files)) this.write(name, text);
    this.child = fork(script, options);
    this.exit = once(this.child, 'exit').then(([code]) => code);
    onTestFinished(async () => {
      this.child.kill('SIGKILL');
      await this.exit;
      rmSync(this.folder, { recursive: true, force: true });
    });
    this.child.on('message', (message) => {
      this.events.push(previewEvent.parse(message));
      this.#heard();
    });
  }

  path(name: string): string {
    return join(this.folder, name);
  }

  write(name: string, text: string): void {
    mkdirSync(dirname(this.path(name)), { recursive: true });
    writeFileSync(this.path(name), text);
  }

  send(command: PreviewCommand): void {
    this.child.send(command);
  }

  /** Sends a request and returns its id. */
  ask({
    rewards,
    weights = [],
    samples,
    samplesFile = 'a.samples.jsonl',
    texts = {},
    settings = {},
    ...others
  }: Asked): number {
    const id = ++this.#id;
    this.send({
      type: 'preview',
      id,
      subject: this.path('run.grpo.json'),
      rewards: rewards.map((reward, index) => {
        const [file, name] = reward.split('#') as [string, string?];
        return { file: this.path(file), function: name, weight: weights[index] ?? 1 };
      }),
      samples: { file: this.path(samplesFile), text: samples },
      texts: Object.entries(texts).map(([name, text]) => ({ file: this.path(name), text })),
      dataset: null,
      model: null,
      reuse: true,
      ...others,
      settings: {
        scaleRewards: 'group',
        multiObjectiveAggregation: 'sum_then_normalize',
        rewardTimeoutSeconds: 10,
        python: process.env.GRPO_TEST_PYTHON ?? null,
        ...settings,
      },
    });
    return id;
  }

  /** The first event like this. */
  async until<Found extends PreviewEvent>(holds: (event: PreviewEvent) => event is Found): Promise<Found> {
    for (;;) {
      const found = this.events.find(holds);
      if (found) return found;
      if (this.child.exitCode !== null) throw new Error(`the preview ended with ${this.child.exitCode}`);
      await new Promise<void>((resolve) => {
        this.#heard = resolve;
      });
    }
  }

  /** Asks, and waits for the result that is done. */
  async result(asked: Asked): Promise<PreviewResult> {
    const id = this.ask(asked);
    return this.until((event): event is PreviewResult => event.type === 'result' && event.id === id && event.done);
  }
}

/** Samples as a text: of each, its prompt, its completion and other columns. */
export const samplesOf = (rows: object[]): string => rows.map((row) => `${JSON.stringify(row)}\n`).join('');

/** One prompt's completions. */
export const completionsOf = (completions: string[], columns: object = {}): string =>
  samplesOf(completions.map((completion) => ({ prompt: 'p', completion, ...columns })));

/** What a function gave to each row, in short: the score, null, or the kind of failure. */
export const gave = ({ rows }: PreviewResult, name: string) =>
  rows.map(({ outcomes }) => {
    const outcome = outcomes[name];
    return outcome?.kind === 'score'
      ? outcome.score
      : outcome?.kind === 'failure'
        ? outcome.failure
        : (outcome ?? null) && null;
  });

export const codes = ({ problems }: PreviewResult): string[] => problems.map(({ code }) => code);
