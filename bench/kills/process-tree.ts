import { setTimeout as sleep } from 'node:timers/promises';
import { processNumbers, statOf } from '../../src/processes/linux.ts';

/** A process, told apart from a later one with the same id by when it started. */
export interface ProcessId {
  pid: number;
  started: number;
}

/** All that a process started, and what those started, as far as their parents live (Linux: /proc). */
export function descendantsOf(root: number): ProcessId[] {
  const all = processNumbers().flatMap((pid) => {
    const stat = statOf(pid);
    return stat && stat !== 'ended' ? [{ pid, ...stat }] : [];
  });
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
  const isAlive = ({ pid, started }: ProcessId) => {
    const stat = statOf(pid);
    return stat !== 'ended' && stat?.started === started;
  };
  const alive = () => processes.filter(isAlive);
  for (let waited = 0; waited < seconds && alive().length > 0; waited += 0.05) await sleep(50);
  return alive();
}
