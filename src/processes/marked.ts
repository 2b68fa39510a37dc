import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { processNumbers } from './linux.ts';
import { outputOf } from './output-of.ts';

/**
 * A mark is an environment variable with a random name. Whatever a process starts inherits it, so that its descendants can be found also
 * when they have left its group and session and their parent is gone. (One that was started with an environment of its own has lost it.)
 */
const PREFIX = 'GRPO_MARK_';
/** Names the mark that a process was started with itself, among those that it has inherited. */
const OWN = 'GRPO_MARK';
const ROUNDS = 50;
const ROUND_MILLISECONDS = 20;

export const newMark = (): string => `${PREFIX}${randomUUID().replaceAll('-', '')}`;

/** What a process gets into its environment to have this mark, and those of the process that starts it: an end of that one is an end of both. */
export function markedWith(mark: string): Record<string, string> {
  const inherited = Object.keys(process.env).filter((name) => name.startsWith(PREFIX));
  return { [OWN]: mark, ...Object.fromEntries([...inherited, mark].map((name) => [name, '1'])) };
}

export const ownMark = (): string | undefined => process.env[OWN];

/**
 * Kills every other process that has the mark, and looks again until there is none, because they may start more in the meantime. On Linux all are found; on
 * macOS those whose environment `ps` shows, which are not the system's own programs; on Windows, where `taskkill` is all there is, none.
 */
export async function endMarked(mark: string): Promise<void> {
  for (let round = 0; round < ROUNDS; round++) {
    const found = await marked(mark);
    if (found.length === 0) return;
    for (const pid of found) kill(pid);
    await sleep(ROUND_MILLISECONDS);
  }
}

async function marked(mark: string): Promise<number[]> {
  if (process.platform === 'win32') return [];
  const found = process.platform === 'linux' ? markedOnLinux(mark) : await markedByPs(mark);
  return found.filter((pid) => pid !== process.pid);
}

function markedOnLinux(mark: string): number[] {
  return processNumbers().filter((pid) => {
    try {
      return readFileSync(`/proc/${pid}/environ`).includes(`${mark}=`);
    } catch {
      return false; // another user's, or gone
    }
  });
}

async function markedByPs(mark: string): Promise<number[]> {
  const { stdout } = await outputOf('ps', ['-axEww', '-o', 'pid=,command=']);
  const lines = stdout.split('\n').filter((line) => line.includes(`${mark}=`));
  return lines.map((line) => Number.parseInt(line, 10));
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended meanwhile.
  }
}
