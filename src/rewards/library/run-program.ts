import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { Child, type ChildOptions } from '../../processes/child.ts';
import { onLines } from '../../processes/lines.ts';
import { markedWith, newMark } from '../../processes/marked.ts';
import { outputNow } from '../../processes/output-of.ts';
import { reasonIn } from '../../processes/reason-in.ts';
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
  canIsolate ??= process.platform === 'linux' && outputNow(ISOLATED[0]!, [...ISOLATED.slice(1), 'true']) !== undefined;
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

/** Runs a harness on a request within limits. Throws when the harness cannot be run; whatever the program does is in the result. */
export async function runProgram(
  command: string,
  args: string[],
  request: { key: string; code: string; tests: string[] },
  limits: ProgramLimits,
): Promise<ProgramEnd> {
  const folder = await mkdtemp(join(tmpdir(), 'grpo-program-'));
  try {
    return await runIn(folder, command, args, request, limits);
  } finally {
    await rm(folder, { recursive: true, force: true, maxRetries: 3 }).catch(() => {});
  }
}

async function runIn(
  folder: string,
  command: string,
  args: string[],
  request: { key: string },
  limits: ProgramLimits,
): Promise<ProgramEnd> {
  const { timeoutSeconds, memoryMegabytes, outputLimitBytes } = limits;
  const mark = newMark();
  const [guard, guardArgs] = guarded(command, args, limits, markedWith(mark));
  const env = strippedEnvironment(folder);
  const stdio = Array<'pipe'>(4).fill('pipe');
  let why: string | undefined;
  const stop = (reason: string) => {
    why ??= reason;
    child.kill();
  };
  let printed = 0;
  const onPrint: ChildOptions['onPrint'] = (_text, _stream, bytes) => {
    printed += bytes;
    if (printed > outputLimitBytes) stop(`stopped: it printed more than ${outputLimitBytes} bytes`);
  };
  // What was isolated is gone with its first process.
  const options = { onPrint, ...(!isolates() && { mark }) };
  const child = new Child({ command: guard, args: guardArgs, cwd: folder, env, stdio }, options);

  const reports: Report[] = [];
  const channel = child.process.stdio[3] as Duplex;
  for (const stream of [child.process.stdin!, channel]) stream.on('error', () => {});
  const read = (line: string) => {
    const report = parseReport(line, request.key);
    if (report) reports.push(report);
  };
  onLines(channel, read, { limit: LONGEST_REPORT, onTooLong: () => stop('stopped: it wrote to file descriptor 3') });
  channel.write(`${JSON.stringify(request)}\n`);

  const timer = setTimeout(() => stop(`stopped after ${timeoutSeconds} s`), timeoutSeconds * 1000);
  const watcher = setInterval(async () => {
    const used = await treeUsage(child.process.pid!);
    if (used && used.bytes > memoryMegabytes * 1024 ** 2) stop(`stopped: it used more than ${memoryMegabytes} MiB`);
    if (used && used.processes > MOST_PROCESSES) stop(`stopped: it started more than ${MOST_PROCESSES} processes`);
  }, WATCH_MILLISECONDS);
  const { code, error } = await child.gone;
  clearTimeout(timer);
  clearInterval(watcher);
  await child.ended;

  if (!reports.some(({ begun }) => begun) && why === undefined) {
    const lastWords = error?.message ?? reasonIn(child.lastWords);
    throw new Error(
      `codeTests could not run ${command}: ${lastWords || `exit code ${code}`}. Install it, or say where it is.`,
    );
  }
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
  return { PATH, HOME: folder, TMPDIR: folder, LANG: 'C.UTF-8', ...windows };
}
