import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Duplex, Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { killTree } from '../../processes/kill-tree.ts';
import { endMarked, markedWith, newMark } from '../../processes/marked.ts';
import { onLines } from '../lines.ts';
import { treeUsage } from './process-tree.ts';

/** What the harness tells of a program: `test` is the index of one that passed, or failed with `error`; without it the program itself failed. */
export interface Report {
  begun?: boolean;
  test?: number;
  error?: string;
}

export interface ProgramEnd {
  reports: Report[];
  /** Why it was stopped or ended early; undefined when it ran to its end. */
  why: string | undefined;
}

interface ProgramLimits {
  /** Wall clock. */
  timeoutSeconds: number;
  /** Physical memory of the process and all that it starts. */
  memoryMegabytes: number;
  outputLimitBytes: number;
  /** Whether the system may refuse memory past the limit, which gives an exception at its line instead of a kill. */
  dataLimit: boolean;
}

const MOST_PROCESSES = 64;
const WATCH_MILLISECONDS = 50;
const LONGEST_REPORT = 1024 ** 2;

// A process-id space of its own ends with its first process, whatever that has started; a network space of its own has no network.
const ISOLATED = ['unshare', '--map-root-user', '--net', '--pid', '--fork', '--kill-child', '--'];

let canIsolate: boolean | undefined;

/** Whether programs run without network here, and cannot leave a process behind. */
export function isolates(): boolean {
  canIsolate ??= process.platform === 'linux' && spawnSync(ISOLATED[0]!, [...ISOLATED.slice(1), 'true']).status === 0;
  return canIsolate;
}

/**
 * A group of its own, killed when it is over. A shell in it waits for the end of its input, the lifeline, so that the group is also killed
 * when this process is, and its folder deleted.
 */
const GUARD = `exec 4<&0
(read _ <&4; rm -rf "$TMPDIR"; kill -KILL 0) >/dev/null 2>&1 3>&- &
ulimit -c 0 2>/dev/null
ulimit -d "$1" 2>/dev/null
shift
exec "$@" </dev/null 4<&-`;

/** `marks`, which are for the program and not for the guard: whoever ends the marked must leave it the time to delete the folder. */
function guarded(
  command: string,
  args: string[],
  { dataLimit, memoryMegabytes }: ProgramLimits,
  marks: Record<string, string>,
): [string, string[]] {
  if (process.platform === 'win32') return [command, args];
  const most = dataLimit ? String(memoryMegabytes * 1024) : 'unlimited';
  const marking = ['env', ...Object.entries(marks).map(([name, value]) => `${name}=${value}`)];
  return ['sh', ['-c', GUARD, 'sh', most, ...marking, ...(isolates() ? ISOLATED : []), command, ...args]];
}

/** Runs a harness on a request within limits. Throws when the harness cannot be run; whatever the program does is told in the result. */
export async function runProgram(
  command: string,
  args: string[],
  request: { key: string; code: string; tests: string[] },
  limits: ProgramLimits,
): Promise<ProgramEnd> {
  const folder = await mkdtemp(join(tmpdir(), 'grpo-program-'));
  const mark = newMark();
  const [file, allArgs] = guarded(command, args, limits, markedWith(mark));
  const child = spawn(file, allArgs, {
    cwd: folder,
    detached: process.platform !== 'win32',
    windowsHide: true,
    stdio: ['pipe', 'pipe', 'pipe', 'pipe'],
    env: strippedEnvironment(folder),
  });
  try {
    return await watch(child, command, request, limits);
  } finally {
    killTree(child);
    // What was isolated is gone with its first process.
    if (!isolates()) await endMarked(mark);
    for (const stream of child.stdio) stream?.destroy();
    await rm(folder, { recursive: true, force: true, maxRetries: 3 }).catch(() => {});
  }
}

async function watch(
  child: ChildProcess,
  command: string,
  request: { key: string },
  limits: ProgramLimits,
): Promise<ProgramEnd> {
  const { timeoutSeconds, memoryMegabytes, outputLimitBytes } = limits;
  const reports: Report[] = [];
  let why: string | undefined;
  const stop = (reason: string) => {
    why ??= reason;
    killTree(child);
  };

  let printed = 0;
  let lastWords = '';
  for (const stream of [child.stdout, child.stderr] as Readable[])
    stream.on('data', (chunk: Buffer) => {
      printed += chunk.length;
      lastWords = (lastWords + chunk.toString('utf8', 0, 2000)).slice(-2000);
      if (printed > outputLimitBytes) stop(`stopped: it printed more than ${outputLimitBytes} bytes`);
    });
  const channel = child.stdio[3] as Duplex;
  for (const stream of [child.stdin!, channel]) stream.on('error', () => {});
  const read = (line: string) => {
    const report = parseReport(line, request.key);
    if (report) reports.push(report);
  };
  onLines(channel, read, { limit: LONGEST_REPORT, onTooLong: () => stop('stopped: it wrote to file descriptor 3') });
  channel.write(`${JSON.stringify(request)}\n`);

  const timer = setTimeout(() => stop(`stopped after ${timeoutSeconds} s`), timeoutSeconds * 1000);
  const watcher = setInterval(async () => {
    const used = await treeUsage(child.pid!);
    if (used && used.bytes > memoryMegabytes * 1024 ** 2) stop(`stopped: it used more than ${memoryMegabytes} MiB`);
    if (used && used.processes > MOST_PROCESSES) stop(`stopped: it started more than ${MOST_PROCESSES} processes`);
  }, WATCH_MILLISECONDS);
  const closed = once(child, 'close').catch(() => {});
  const [code] = (await once(child, 'exit').catch((error: Error) => {
    lastWords = error.message;
    return [127];
  })) as [number | null];
  clearTimeout(timer);
  clearInterval(watcher);
  killTree(child);
  // What it reported may still be on its way, unless something that it started keeps the pipes open.
  await Promise.race([closed, sleep(1000, undefined, { ref: false })]);

  if (!reports.some(({ begun }) => begun) && why === undefined)
    throw new Error(
      `codeTests could not run ${command}: ${lastWords.trim().split('\n').at(-1) || `exit code ${code}`}. Install it, or say where it is.`,
    );
  if (why === undefined && code !== 0) why = `it ended with ${code === null ? 'a signal' : `exit code ${code}`}`;
  return { reports, why };
}

/** Undefined for what the harness did not write. */
function parseReport(line: string, key: string): Report | undefined {
  try {
    const report = JSON.parse(line);
    return report?.key === key ? report : undefined;
  } catch {
    return undefined;
  }
}

function strippedEnvironment(folder: string): NodeJS.ProcessEnv {
  const { PATH, SystemRoot } = process.env;
  const windows = SystemRoot === undefined ? {} : { SystemRoot, TEMP: folder, TMP: folder };
  // Inside VS Code the running executable is Electron.
  return { PATH, HOME: folder, TMPDIR: folder, LANG: 'C.UTF-8', ELECTRON_RUN_AS_NODE: '1', ...windows };
}
