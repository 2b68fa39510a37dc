import { randomUUID } from 'node:crypto';
import { availableParallelism } from 'node:os';
import type { RewardInput, RewardResult } from '../api.ts';
import type { Extractor } from './extract.ts';
import { JAVASCRIPT_HARNESS, PYTHON_HARNESS } from './program-harness.ts';
import { columnOf } from './row.ts';
import { isolates, type ProgramEnd, runProgram } from './run-program.ts';

/** What {@link codeTests} runs. */
export interface CodeTestsOptions {
  /** What the answers are written in. */
  language: 'python' | 'javascript';
  /** The dataset's column with the tests: a text of code, or a list of such. Null in it abstains. `tests` unless given. */
  column?: string;
  /** Finds the program in the completion; unless given its last block of code in this language, else the whole completion. */
  extract?: Extractor;
  /** Gives 0 unless every test passes, instead of the share that does; false unless given. */
  all?: boolean;
  /** Seconds for the program and its tests together; 5 unless given. Keep it below the run config's `rewardTimeoutSeconds`. */
  timeoutSeconds?: number;
  /** Mebibytes of memory, of all its processes together; 512 unless given. */
  memoryMegabytes?: number;
  /** The Python interpreter; `python3` unless given (`python` on Windows). Node.js is the one that runs the reward. */
  python?: string;
}

/** Reads by the worker: how many rows of this function may be in flight at once. */
const ROWS_AT_ONCE = Symbol.for('grpo.rowsAtOnce');
/** Timers count up to 2^31 - 1 ms. */
const LONGEST_SECONDS = 2_147_000;
const OUTPUT_LIMIT_BYTES = 1024 ** 2;

/**
 * Makes a reward that runs the completion's program and then the row's tests on what it defines: the share of tests that pass, from 0 to 1.
 * A Python test is code that raises when it fails, such as `assert add(2, 3) == 5`; a JavaScript test throws, and has Node's
 * strict `assert`.
 *
 * Each completion gets a process of its own, in an empty folder that is deleted afterwards, without your environment variables, and with limits on time,
 * memory, processes and output. On Linux, where `unshare` may be used, it has no network; elsewhere the reason says so.
 * That stops accidents, not attackers: a program can read your files, and one that sets out to can fool tests in its own process.
 *
 * @example export const passes = codeTests({ language: 'python' });
 * // with rows such as {"prompt": "Write add(a, b).", "tests": ["assert add(1, 2) == 3", "assert add(-1, 1) == 0"]}
 */
export function codeTests(options: CodeTestsOptions): (input: RewardInput) => Promise<RewardResult> {
  const { language, column = 'tests', all = false, extract = lastBlockOf(language), timeoutSeconds = 5 } = options;
  if (!(timeoutSeconds > 0 && timeoutSeconds <= LONGEST_SECONDS))
    throw new Error(`codeTests: timeoutSeconds must be above 0 and at most ${LONGEST_SECONDS}, not ${timeoutSeconds}.`);
  const score = async (input: RewardInput): Promise<RewardResult> => {
    const tests = columnOf(input, column, 'codeTests');
    if (tests === null) return { score: null };
    const list = [tests].flat();
    if (list.length === 0 || !list.every((test) => typeof test === 'string'))
      throw new Error(`codeTests wants a text of code, or a list of such, in the column "${column}".`);
    const code = extract(input.completion);
    if (code === undefined || code.trim() === '') return { score: 0, reason: 'no code found' };
    const end = await run(code, list, options);
    return { ...verdict(end, list.length, all), extracted: code.slice(0, 500) };
  };
  return Object.defineProperty(score, ROWS_AT_ONCE, { value: availableParallelism() });
}

function run(code: string, tests: string[], options: CodeTestsOptions): Promise<ProgramEnd> {
  const { timeoutSeconds = 5, memoryMegabytes = 512 } = options;
  const { python = process.platform === 'win32' ? 'python' : 'python3' } = options;
  const limits = { timeoutSeconds, memoryMegabytes, outputLimitBytes: OUTPUT_LIMIT_BYTES };
  const request = { key: randomUUID(), code, tests };
  return options.language === 'python'
    ? runProgram(python, ['-I', '-B', '-X', 'utf8', '-c', PYTHON_HARNESS], request, { ...limits, dataLimit: true })
    : // V8 reserves far more than it uses: its own limit is the one that tells.
      runProgram(
        process.execPath,
        [`--max-old-space-size=${memoryMegabytes}`, '--no-warnings', '-e', JAVASCRIPT_HARNESS],
        request,
        { ...limits, dataLimit: false },
      );
}

function verdict({ reports, why }: ProgramEnd, count: number, all: boolean): RewardResult {
  const passed = reports.filter(({ test, error }) => test !== undefined && error === undefined).length;
  const failed = reports.find(({ error }) => error !== undefined);
  const first = failed && `${failed.test === undefined ? 'the program' : `test ${failed.test + 1}`}: ${failed.error}`;
  const network = isolates() ? undefined : 'the network could not be forbidden here';
  const reason = [`${passed} of ${count} tests passed`, first, why, network].filter(Boolean).join('; ');
  return { score: all ? Number(passed === count) : passed / count, reason };
}

/** The last closed block of code in this language; without any block, all of it. */
function lastBlockOf(language: CodeTestsOptions['language']): Extractor {
  const names = language === 'python' ? ['python', 'py', 'python3', ''] : ['javascript', 'js', 'node', ''];
  return (completion) => {
    const parts = completion.split('```');
    if (parts.length === 1) return completion;
    for (let at = parts.length - 2 + (parts.length % 2) - 1; at > 0; at -= 2) {
      const lineEnd = parts[at]!.indexOf('\n');
      if (lineEnd >= 0 && names.includes(parts[at]!.slice(0, lineEnd).trim().toLowerCase()))
        return parts[at]!.slice(lineEnd + 1);
    }
    return undefined;
  };
}
