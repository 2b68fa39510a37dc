import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { makeFolders } from '../../files/make-folders.ts';
import { lockSetUp } from '../../processes/lock-set-up.ts';
import { runTool } from '../../processes/run-tool.ts';
import { RunFailure } from '../../protocol/errors.ts';
import { writeFailure } from '../../run-folder/atomic-write.ts';
import { type AskedPython, askPython } from '../ask-python.ts';
import { requirement, SET_UP } from '../packages.ts';
import { pythonIn } from '../python-environment.ts';
import { type BasePython, findBasePython } from './base-python.ts';
import { explained, pipInstall } from './pip.ts';
import { hasEnvironment, isComplete, Place } from './place.ts';

/** What is installed, and how it is seen to work. */
export interface Packages {
  /** A requirements file. */
  requirements: string;
  /** What it takes on the disk, downloads included. */
  bytes: number;
  /** A Python program that fails where they do not work. */
  trial: string;
}

/** On Linux, PyTorch comes with CUDA's libraries. */
export const TRL_PACKAGES: Packages = {
  requirements: `${SET_UP.map(requirement).join('\n')}\n`,
  bytes: process.platform === 'linux' ? 10e9 : 3e9,
  trial: 'import torch, peft; from trl import GRPOConfig, GRPOTrainer',
};

interface SetUpOptions {
  /** The folder of the environment. */
  into: string;
  /** The interpreter to make it with; default: the first on the PATH that will do. */
  python?: string;
  signal: AbortSignal;
  /** Called with a sentence at the beginning of each part. */
  onProgress: (sentence: string) => void;
  /** Called with what happens right now. */
  onStatus: (text: string) => void;
}

/**
 * Makes a virtual environment that has TRL, unless it is there already. What was there before stays until the new one works; nothing is left of one that
 * fails or is canceled. Throws BadInput for what is missing on this machine, before anything is downloaded; RunFailure when a part fails; the signal's
 * reason when it was canceled; and RunFailure while another set-up is at work there.
 */
export async function setUpTrl(options: SetUpOptions, packages = TRL_PACKAGES): Promise<AskedPython> {
  const { into, python } = options;
  const isThere = () => python === undefined && isComplete(into, packages.requirements);
  // Without a lock: it may be where nothing can be written.
  const wasThere = isThere();
  const found = wasThere ? await check(options, packages) : undefined;
  if (found) return found;
  // Before anything is made.
  const base = python === undefined && hasEnvironment(into) ? undefined : await findBasePython(python);
  const unlock = claim(into);
  try {
    const place = new Place(into);
    // Another set-up may have made it meanwhile, or one that was killed had left it under another name.
    const again = !wasThere && isThere() ? await check(options, packages) : undefined;
    return again ?? (await make(place, options, packages, base ?? (await findBasePython(python))));
  } finally {
    unlock();
  }
}

function claim(into: string): () => void {
  try {
    makeFolders(dirname(into));
    return lockSetUp(into);
  } catch (error) {
    throw writeFailure(into, error, 'folder with --into');
  }
}

/** What a complete environment has; undefined where it does not work. */
async function check(options: SetUpOptions, { trial }: Packages): Promise<AskedPython | undefined> {
  const { into, signal, onProgress } = options;
  onProgress(`Checking the environment in ${into}`);
  const works = await tryIt(pythonIn(into), trial, options).catch(() => undefined);
  signal.throwIfAborted();
  return works;
}

async function make(place: Place, options: SetUpOptions, packages: Packages, base: BasePython): Promise<AskedPython> {
  const { into, signal, onProgress } = options;
  try {
    place.begin(packages.bytes, packages.requirements);
    onProgress(`Creating a virtual environment with Python ${base.version} in ${into}`);
    await explained(runTool(base.path, ['-m', 'venv', into], { cwd: into, signal }));
    await install(packages, options);
    onProgress('Trying it');
    const works = await tryIt(pythonIn(into), packages.trial, options);
    place.finish(packages.requirements);
    return works;
  } catch (error) {
    throw writeFailure(into, error, 'folder with --into');
  } finally {
    place.giveBack();
  }
}

async function install({ requirements }: Packages, { into, signal, onProgress, onStatus }: SetUpOptions) {
  const cwd = join(into, 'downloads');
  mkdirSync(cwd);
  const file = join(cwd, 'requirements.txt');
  writeFileSync(file, requirements);
  const how = { cwd, signal, onStatus };
  // The one that comes with Python may be years old, and tell nothing about its downloads.
  await pipInstall(pythonIn(into), ['--upgrade', 'pip'], how);
  onProgress(`Installing ${requirements.trim().split('\n').join(', ').replaceAll('==', ' ')}`);
  await pipInstall(pythonIn(into), ['-r', file], how);
  rmSync(cwd, { recursive: true, force: true, maxRetries: 3 });
}

async function tryIt(python: string, trial: string, { into, signal }: SetUpOptions): Promise<AskedPython> {
  try {
    await runTool(python, ['-c', trial], { cwd: into, signal });
  } catch (error) {
    if (!(error instanceof RunFailure)) throw error;
    throw new RunFailure(
      `What was installed does not work: ${error.problem.message.replace(/^.*? failed: /, '')}`,
      error.problem,
    );
  }
  const asked = await askPython(python);
  if (!asked) throw new RunFailure(`The Python in ${into} does not say what it has.`);
  return asked;
}
