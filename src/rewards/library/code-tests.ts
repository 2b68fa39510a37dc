import { randomUUID } from 'node:crypto';
import { availableParallelism } from 'node:os';
import type { RewardInput, RewardResult } from '../api.ts';
import type { Extractor } from './extract.ts';
import { JAVASCRIPT_HARNESS, PYTHON_HARNESS } from './program-harness.ts';
import { columnOf } from './row.ts';
import { isolates, type ProgramEnd, runProgram } from './run-program.ts';

/** Options of {@link codeTests}. */
export interface CodeTestsOptions {
  /** The programming language of the answers. */
  language: 'python' | 'javascript';
  /** The dataset column with the tests: a string of code or a list of strings; null abstains. Default: `tests`. */
  column?: string;
  /** Extracts the program from the completion. Default: its last code block in this language, else the whole completion. */
  extract?: Extractor;
  /** Score 0 unless every test passes, instead of the fraction that passes. Default: false. */
  all?: boolean;
  /** Time limit in seconds for the program and its tests together. Default: 5. Keep it below the run config's `rewardTimeoutSeconds`. */
  timeoutSeconds?: number;
  /** Memory limit of all its processes together, in MiB. Default: 512. */
  memoryMegabytes?: number;
  /** The Python interpreter. Default: `python3` (`python` on Windows). JavaScript runs in the reward's own Node.js. */
  python?: string;
}

/** Reads by the worker: how many rows of this function may be in flight at once. */
const ROWS_AT_ONCE = Symbol.for('grpo.rowsAtOnce');
/** Timers count up to 2^31 - 1 ms. */
const LONGEST_SECONDS = 2_147_000;
const OUTPUT_LIMIT_BYTES = 1024 ** 2;

/**
 * Creates a reward that runs the completion's program and then the row's tests on it: the fraction of tests that pass, from 0 to 1.
 * A Python test is code that raises when it fails, such as `assert add(2, 3) == 5`; a JavaScript test throws, and can use Node's
 * strict `assert`.
 *
 * Each completion runs in its own process, in an empty folder that is deleted afterwards, without your environment variables, and with limits on time,
 * memory, processes and output. On Linux, where `unshare` is permitted, it has no network access; elsewhere the reason says so.
 * This prevents accidents, not attacks: a program can read your files, and a malicious one can fool tests in its own process.
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
