import { readdirSync, readFileSync } from 'node:fs';

export interface Process {
  pid: number;
  command: string;
}

/** An environment variable that a server's processes inherit, so that none of them is missed and no other is counted. */
export const MARK = 'GRPO_E2E_SERVER';

/** The live processes that descend from the server marked `mark`; those named `script` only, when given. */
export function processesOf(mark: string, script = ''): Process[] {
  const found: Process[] = [];
  for (const entry of readdirSync('/proc')) {
    if (!/^\d+$/.test(entry)) continue;
    try {
      const command = readFileSync(`/proc/${entry}/cmdline`, 'utf8').split('\0').join(' ').trim();
      if (command === '') continue; // a zombie: dead, and not yet waited for
      if (!command.includes(script)) continue;
      const isOurs =
        command.includes(mark) ||
        readFileSync(`/proc/${entry}/environ`, 'utf8').split('\0').includes(`${MARK}=${mark}`);
      if (isOurs) found.push({ pid: Number(entry), command });
    } catch {
      // It ended while we looked.
    }
  }
  return found;
}

/**
 * Waits until `condition` gives something. What it waits for itself may have a shorter limit than this, on a slow machine: that Playwright ran out
 * of time counts as nothing yet.
 */
export async function until<T>(
  what: string,
  condition: () => T | undefined | false | null | Promise<T | undefined | false | null>,
  milliseconds = 30_000,
): Promise<T> {
  const end = performance.now() + milliseconds;
  for (;;) {
    let cause: unknown;
    try {
      const value = await condition();
      if (value) return value;
    } catch (error) {
      if ((error as Error).name !== 'TimeoutError') throw error;
      cause = error;
    }
    if (performance.now() > end) throw new Error(`waited ${milliseconds / 1000} s in vain for ${what}`, { cause });
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
