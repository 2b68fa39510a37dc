import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { statOf } from '../../src/processes/linux.ts';

/** How a process ended, and what it took. */
export interface Ended {
  status: number | null;
  /** Why it was killed. */
  killed: 'time' | 'memory' | undefined;
  stdout: string;
  stderr: string;
  /** Of the process alone; null where the system does not tell. */
  cpuSeconds: number | null;
  peakBytes: number | null;
}

export interface Limits {
  /** Of processor time where the system tells it, which a busy machine does not lengthen. */
  cpuSeconds: number;
  seconds: number;
  bytes: number;
}

const POLL_MILLISECONDS = 25;
/** Linux counts processor time in these. */
const TICKS_PER_SECOND = 100;

/** Runs a Node script to its end, or until it has taken too much. */
export async function runWatched(args: string[], cwd: string, limits: Limits): Promise<Ended> {
  const child = spawn(process.execPath, args, { cwd, stdio: ['ignore', 'pipe', 'pipe'] });
  const said = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const)
    child[name].setEncoding('utf8').on('data', (text: string) => {
      if (said[name].length < 1e6) said[name] += text;
    });
  let killed: Ended['killed'];
  const taken: Pick<Ended, 'cpuSeconds' | 'peakBytes'> = { cpuSeconds: null, peakBytes: null };
  const kill = (why: 'time' | 'memory') => {
    killed ??= why;
    child.kill('SIGKILL');
  };
  const timer = setTimeout(kill, limits.seconds * 1000, 'time');
  const poll = setInterval(() => {
    Object.assign(taken, takenBy(child.pid!));
    if ((taken.peakBytes ?? 0) > limits.bytes) kill('memory');
    if ((taken.cpuSeconds ?? 0) > limits.cpuSeconds) kill('time');
  }, POLL_MILLISECONDS);
  const status = await new Promise<number | null>((done) => child.once('close', (code) => done(code)));
  clearTimeout(timer);
  clearInterval(poll);
  return { status, killed, ...said, ...taken };
}

function takenBy(pid: number): Partial<Ended> {
  try {
    const memory = /^VmHWM:\s*(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
    const stat = statOf(pid);
    if (!stat || stat === 'ended') return {};
    return { cpuSeconds: stat.cpuTicks / TICKS_PER_SECOND, ...(memory && { peakBytes: 1024 * Number(memory[1]) }) };
  } catch {
    // It has just ended, or this is not Linux.
    return {};
  }
}
