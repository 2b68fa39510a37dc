import { readFileSync } from 'node:fs';
import { outputOf } from '../processes/output-of.ts';

/** Bytes of physical memory that a process uses; undefined when it is gone, or the system does not tell cheaply (Windows). */
export async function residentBytes(pid: number): Promise<number | undefined> {
  try {
    if (process.platform === 'linux') {
      const kilobytes = /^VmRSS:\s*(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
      return kilobytes === undefined ? undefined : Number(kilobytes) * 1024;
    }
    if (process.platform === 'win32') return undefined;
    const { stdout } = await outputOf('ps', ['-o', 'rss=', '-p', String(pid)]);
    return Number(stdout) * 1024 || undefined;
  } catch {
    return undefined;
  }
}
