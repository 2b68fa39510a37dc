import { readdirSync, readFileSync } from 'node:fs';
import { outputOf } from '../../processes/output-of.ts';
import { residentBytes } from '../process-memory.ts';

/** What a process and its descendants use; undefined where the system does not tell cheaply (Windows). */
export async function treeUsage(pid: number): Promise<{ bytes: number; processes: number } | undefined> {
  if (process.platform === 'win32') return undefined;
  const tree =
    process.platform === 'linux' ? descendants(pid, childrenOnLinux) : descendants(pid, await childrenByPs());
  const sizes = await Promise.all(tree.map(residentBytes));
  return { bytes: sizes.reduce<number>((sum, size) => sum + (size ?? 0), 0), processes: tree.length };
}

function descendants(pid: number, childrenOf: (pid: number) => number[]): number[] {
  const found = [pid];
  for (const known of found) found.push(...childrenOf(known));
  return found;
}

function childrenOnLinux(pid: number): number[] {
  try {
    const threads = readdirSync(`/proc/${pid}/task`);
    return threads.flatMap((thread) =>
      readFileSync(`/proc/${pid}/task/${thread}/children`, 'utf8').split(' ').filter(Boolean).map(Number),
    );
  } catch {
    return [];
  }
}

async function childrenByPs(): Promise<(pid: number) => number[]> {
  const { stdout } = await outputOf('ps', ['-axo', 'pid=,ppid=']);
  const pairs = stdout
    .trim()
    .split('\n')
    .map((line) => line.trim().split(/\s+/).map(Number));
  return (pid) => pairs.flatMap(([child, parent]) => (parent === pid ? [child!] : []));
}
