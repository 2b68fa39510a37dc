import { appendFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Child, type ChildEnd } from '../../processes/child.ts';
import { thisProcess } from '../../processes/identity.ts';
import { markedWith, newMark } from '../../processes/marked.ts';
import type { RunControl } from '../../trainer/control.ts';
import { type Heard, parseHeard } from './heard.ts';
import { Tail } from './tail.ts';

interface TrainerProcess {
  /** The interpreter, and what it runs. */
  python: string;
  args: readonly string[];
  /** The run's, and in it the script's. */
  run: string;
  folder: string;
  onPrint: (line: string) => void;
}

const POLL_SECONDS = 0.2;
/** How long the others may take to end after one has failed. */
const FAILED_SECONDS = 10;

/** A stop before the first event of the training leaves nothing to wait for. */
export type ProcessEnd = ChildEnd & { lastWords: string; stoppedEarly: boolean };

/**
 * Runs the script until it and all that it has started are gone, however this ends. What it tells is given to `take`, what is asked of the run
 * is told to it.
 */
export async function runTrainer(
  { python, args, run, folder, onPrint }: TrainerProcess,
  control: RunControl,
  take: (heard: Heard) => void,
): Promise<ProcessEnd> {
  const events = join(folder, 'events.jsonl');
  const commands = join(folder, 'commands');
  for (const file of [events, commands]) writeFileSync(file, '');
  const tail = new Tail(events);
  const lines = new PrintedLines(onPrint);
  const mark = newMark();
  const { pid, started } = thisProcess();
  const env = {
    ...process.env,
    ...markedWith(mark),
    GRPO_LAB_EVENTS: events,
    GRPO_LAB_COMMANDS: commands,
    GRPO_LAB_RUN: run,
    GRPO_LAB_HOST: `${pid}:${started ?? ''}`,
    GRPO_LAB_NODE: process.execPath,
    PYTHONUNBUFFERED: '1',
    PYTHONIOENCODING: 'utf-8',
    TOKENIZERS_PARALLELISM: process.env.TOKENIZERS_PARALLELISM ?? 'false',
    HF_HUB_DISABLE_TELEMETRY: '1',
    HF_HUB_DISABLE_PROGRESS_BARS: '1',
    HF_DATASETS_DISABLE_PROGRESS_BARS: '1',
  };
  const child = new Child({ command: python, args, cwd: folder, env }, { mark, onPrint: (text) => lines.add(text) });
  const tell = asked(control, (command) => appendFileSync(commands, `${command}\n`));
  let hasStarted = false;
  let stoppedEarly = false;
  let failedAt: number | undefined;
  try {
    for (let isOver = false; !isOver; ) {
      isOver = await child.leaves(POLL_SECONDS);
      for (const line of tail.read()) {
        const heard = parseHeard(line);
        if (!heard) continue;
        hasStarted ||= heard.type === 'start';
        if (heard.type === 'failure') failedAt ??= performance.now();
        take(heard);
      }
      tell();
      stoppedEarly ||= control.stopping && !hasStarted && !isOver;
      const lingers = failedAt !== undefined && performance.now() - failedAt > FAILED_SECONDS * 1000;
      if (stoppedEarly || lingers) child.kill();
    }
  } finally {
    child.kill();
    await child.ended;
    lines.end();
  }
  return { ...(await child.ended), lastWords: child.lastWords, stoppedEarly };
}

/** Tells what has changed about what is asked. */
function asked(control: RunControl, send: (command: 'pause' | 'resume' | 'stop') => void): () => void {
  let told: 'run' | 'pause' | 'stop' = 'run';
  return () => {
    const now = control.stopping ? 'stop' : control.pausing ? 'pause' : 'run';
    if (now === told) return;
    told = now;
    send(now === 'run' ? 'resume' : now);
  };
}

/** Whole lines of what a program prints; of a progress bar, which goes back to the beginning of its line, what it says last. */
class PrintedLines {
  #rest = '';
  readonly #onLine: (line: string) => void;

  constructor(onLine: (line: string) => void) {
    this.#onLine = onLine;
  }

  add(text: string): void {
    const lines = (this.#rest + text).split('\n');
    this.#rest = lines.pop()!;
    for (const line of lines) this.#say(line);
  }

  end(): void {
    this.#say(this.#rest);
    this.#rest = '';
  }

  #say(line: string): void {
    const last = line.trimEnd().split('\r').at(-1)!.trimEnd();
    if (last !== '') this.#onLine(last);
  }
}
