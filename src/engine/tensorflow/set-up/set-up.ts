import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { dependencies } from '../../../../package.json';
import { makeFolders } from '../../../files/make-folders.ts';
import { lockSetUp } from '../../../processes/lock-set-up.ts';
import { canRun, runTool } from '../../../processes/run-tool.ts';
import { BadInput, RunFailure } from '../../../protocol/errors.ts';
import { PARTIAL, TENSORFLOW_VARIABLE } from '../../../protocol/set-up-places.ts';
import { type ProbeReport, probeDevice } from '../../devices/probe.ts';
import { compileBinding, findCompiler } from './compile.ts';
import { findPythonTensorflow } from './python-tensorflow.ts';

export interface SetUpOptions {
  /** The folder to install into; everything in it is replaced. */
  into: string;
  /** Install tfjs-node-gpu with its own binaries, instead of building against the TensorFlow of a Python environment. */
  prebuilt: boolean;
  /** The interpreter of that environment; default: `python3` or `python`. */
  python?: string;
  signal: AbortSignal;
  /** Called with a sentence at the beginning of each part. */
  onProgress: (sentence: string) => void;
}

/** tfjs-node and our TensorFlow.js must have the same version: they share tfjs-core's globals. */
const VERSION = dependencies['@tensorflow/tfjs-core'];
const NODE_HEADERS = 'node-api-headers@1.9.0';
/** The package name that marks a folder as ours to replace. */
const MARK = 'grpo-lab-tensorflow';

type Works = Extract<ProbeReport, { works: true }>;

/** A way of getting tfjs-node: what it downloads, and what it does then. */
interface Way {
  packages: string[];
  finish?(modules: string): Promise<void>;
}

/**
 * Installs a tfjs-node into a folder, and returns how a trial run of it went. What was there before stays until it works. Throws BadInput for
 * what is missing on this machine, before anything is downloaded; RunFailure when a part fails, or another set-up is at work there; the signal's reason when it
 * was canceled; what the system says when nothing can be written there.
 */
export async function setUpTensorflow(options: SetUpOptions): Promise<Works> {
  const { into, signal, onProgress } = options;
  checkOurs(into);
  if (!(await canRun('npm', signal))) throw new BadInput('npm cannot be run; install Node.js, which brings it.');
  const { packages, finish }: Way = options.prebuilt
    ? { packages: [`@tensorflow/tfjs-node-gpu@${VERSION}`] }
    : await ownBuild(options);

  const partial = `${into}${PARTIAL}`;
  makeFolders(dirname(into));
  const unlock = lockSetUp(into);
  try {
    rmSync(partial, { recursive: true, force: true });
    mkdirSync(partial, { recursive: true });
    writeFileSync(join(partial, 'package.json'), JSON.stringify({ name: MARK, private: true }));
    onProgress(`Downloading ${packages[0]}`);
    const scripts = options.prebuilt ? [] : ['--ignore-scripts'];
    await runTool('npm', ['install', '--no-audit', '--no-fund', ...scripts, ...packages], { cwd: partial, signal });
    await finish?.(join(partial, 'node_modules'));
    onProgress('Trying it');
    const report = await tryIn(partial);
    signal.throwIfAborted();
    rmSync(into, { recursive: true, force: true });
    renameSync(partial, into);
    return report;
  } finally {
    rmSync(partial, { recursive: true, force: true });
    unlock();
  }
}

async function ownBuild({ python, signal, onProgress }: SetUpOptions): Promise<Way> {
  const tensorflow = await findPythonTensorflow(python);
  const compiler = await findCompiler(signal);
  return {
    packages: [`@tensorflow/tfjs-node@${VERSION}`, NODE_HEADERS],
    async finish(modules) {
      onProgress(`Compiling its binding against TensorFlow ${tensorflow.version ?? ''} in ${tensorflow.folder}`);
      await compileBinding(compiler, modules, tensorflow, signal);
    },
  };
}

/** The user's own files are never replaced. */
function checkOurs(into: string): void {
  if (!existsSync(into) || readdirSync(into).length === 0) return;
  try {
    const { name } = JSON.parse(readFileSync(join(into, 'package.json'), 'utf8')) as { name?: unknown };
    if (name === MARK) return;
  } catch {
    // Not ours.
  }
  throw new BadInput(`${into} has other files in it; name a folder that is empty, or not there yet.`);
}

/** In a separate process, because the library that it loads might crash. */
async function tryIn(folder: string): Promise<Works> {
  process.env[TENSORFLOW_VARIABLE] = folder;
  const report = await probeDevice('tensorflow');
  if (!report.works) throw new RunFailure(`It is there, but does not work: ${report.reason}.`);
  return report;
}
