import { basename, dirname, extname, join } from 'node:path';
import { REWARD_FILE, readBytesLater } from '../files/open-file.ts';
import { decodeSource, type EditedTexts } from '../files/source.ts';
import { rewardEnvironment } from '../processes/reward-environment.ts';
import { BadInput, type SourceLocation } from '../protocol/errors.ts';
import type { LoadRequest } from '../protocol/reward-worker.ts';
import { isBundledReward, openBundled } from './bundled-reward.ts';
import { compileReward } from './compile.ts';
import { findPython } from './python.ts';

/** How to start a worker for one reward file: the command, and what it is to load. */
export interface WorkerLaunch {
  command: string;
  args: string[];
  cwd: string;
  env: NodeJS.ProcessEnv;
  load: LoadRequest;
  language: RewardLanguage;
  /** The same for two texts that do the same; a Python worker tells its own when it has loaded. */
  code: string;
  /** The user's files that it was made from; a Python worker tells what it imports when it has loaded. */
  inputs: string[];
}

export type RewardLanguage = 'typescript' | 'python';

/** Throws BadInput for a file that is neither. */
export function languageOf(file: string, at?: SourceLocation): RewardLanguage {
  if (/^\.[cm]?[jt]sx?$/.test(extname(file))) return 'typescript';
  if (extname(file) === '.py') return 'python';
  throw new BadInput(`${basename(file)} is no reward file: it must end in .ts, .js, .mjs or .py.`, at);
}

interface WorkerNeeds {
  file: string;
  names: string[];
  at: SourceLocation | undefined;
  workerPath: string;
  pythonPath: string | undefined;
  memoryLimitBytes: number;
  /** Environment variables that it gets besides the usual ones. */
  rewardEnv: readonly string[];
  texts?: EditedTexts | undefined;
}

/** Reads and compiles a reward file, so that every worker for it runs the same code even if it is edited meanwhile. */
export async function prepareWorker({ file, names, at, ...needs }: WorkerNeeds): Promise<WorkerLaunch> {
  const { workerPath, pythonPath, memoryLimitBytes, rewardEnv, texts = new Map() } = needs;
  const builtFile = (name: string): string => join(dirname(workerPath), name);
  const language = languageOf(file, at);
  const text = texts.get(file) ?? decodeSource(await readBytesLater(file, REWARD_FILE, at), file);
  const cwd = dirname(file);
  const { env } = rewardEnvironment(rewardEnv);
  const load = { type: 'load' as const, file, names, memoryLimitBytes };
  if (language === 'python') {
    const { path } = await findPython(pythonPath);
    // No __pycache__ in the user's folders; UTF-8 everywhere.
    // Unbuffered: what a function prints is seen when it prints it.
    const args = ['-u', '-B', '-X', 'utf8', builtFile('reward-worker.py')];
    const source = text.replace(/^\uFEFF/, '');
    return { command: path, args, cwd, env, load: { ...load, source }, language, code: source, inputs: [file] };
  }
  const { modules, code, inputs } = isBundledReward(file)
    ? openBundled(file, text)
    : await compileReward(file, builtFile('grpo-rewards.js'), texts);
  // V8 works harder to free memory as it comes near its limit, so that comes before ours.
  const heapMegabytes = Math.max(16, Math.floor((memoryLimitBytes * 0.75) / 1024 ** 2));
  const args = ['--enable-source-maps', '--no-warnings', `--max-old-space-size=${heapMegabytes}`, workerPath];
  return { command: process.execPath, args, cwd, env, load: { ...load, source: modules }, language, code, inputs };
}
