import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

/** A process, told apart from a later one with the same id by when it started. */
export interface ProcessId {
  pid: number;
  started: string;
}

/** All that a process started, and what those started, as far as their parents live (Linux: /proc). */
export function descendantsOf(root: number): ProcessId[] {
  const all = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => statusOf(Number(name)) ?? []);
  const found: ProcessId[] = [];
  for (let parents = [root]; parents.length > 0; ) {
    const children = all.filter(({ parent }) => parents.includes(parent));
    found.push(...children.map(({ pid, started }) => ({ pid, started })));
    parents = children.map(({ pid }) => pid);
  }
  return found;
}

/** Those that are still alive after `seconds`, looked at again until none is. */
export async function survivors(processes: readonly ProcessId[], seconds: number): Promise<ProcessId[]> {
  const alive = () => processes.filter(({ pid, started }) => statusOf(pid)?.started === started);
  for (let waited = 0; waited < seconds && alive().length > 0; waited += 0.05) await sleep(50);
  return alive();
}

function statusOf(pid: number): (ProcessId & { parent: number }) | undefined {
  let stat: string;
  try {
    stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  } catch {
    return undefined;
  }
  // The name, in parentheses, may hold anything; behind it: state, parent, ..., and as the 22nd field the start time.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  if (fields[0] === 'Z') return undefined;
  return { pid, parent: Number(fields[1]), started: fields[19]! };
}
