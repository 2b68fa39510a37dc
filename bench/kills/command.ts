import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { onLines } from '../../src/processes/lines.ts';
import type { TrainerEvent } from '../../src/protocol/events.ts';

/** A `grpo train --json` at work. */
export interface Training {
  child: ChildProcess;
  /** Its exit status, and what it wrote on stderr; null: it was killed. */
  ended: Promise<{ status: number | null; stderr: string }>;
}

/** Starts it; `onEvent` hears each event as it is printed. */
export function startTraining(
  grpo: string,
  args: readonly string[],
  onEvent: (event: TrainerEvent) => void = () => {},
): Training {
  const child = spawn(process.execPath, [grpo, 'train', ...args, '--json'], { stdio: ['ignore', 'pipe', 'pipe'] });
  onLines(child.stdout!, (line) => {
    onEvent(JSON.parse(line) as TrainerEvent);
  });
  let stderr = '';
  child.stderr!.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const ended = once(child, 'close').then(([status]) => ({ status: status as number | null, stderr }));
  return { child, ended };
}
