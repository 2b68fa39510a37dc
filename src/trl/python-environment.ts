import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { storageFolder } from '../files/storage-folder.ts';
import { BadInput, type SourceLocation } from '../protocol/errors.ts';
import { remedyWords } from '../protocol/remedy.ts';
import { PYTHON_VARIABLE, TRL_FOLDER } from '../protocol/set-up-places.ts';
import { type AskedPython, askPython } from './ask-python.ts';
import {
  ALWAYS,
  CHECKED,
  compareVersions,
  OLDEST_PYTHON,
  OLDEST_TRL,
  requirement,
  type TrlPackage,
} from './packages.ts';

/** Who names an interpreter: a run config, the set-up command, the editor, a virtual environment of the workspace, or the PATH. */
export type NamedBy = 'config' | 'set-up' | 'editor' | 'workspace' | 'path';

/** A Python that runs TRL. */
export interface PythonEnvironment extends AskedPython {
  namedBy: NamedBy;
  /** A sentence where its TRL is another one than runs were checked with. */
  note: string | undefined;
}

interface Wanted {
  /** Of the run config. */
  folder: string;
  /** Its `python`, the only one to look at if it is there, and the place of that in the config. */
  python: string | null;
  at?: SourceLocation | undefined;
  /** What it takes beside what is always needed: `peft` for LoRA, `vllm`, … */
  packages?: readonly TrlPackage[];
}

const REMEDY = { action: 'set-up-trl' } as const;

/** The first Python that has what it takes. Throws BadInput, with the remedy of setting TRL up, when there is none. */
export async function findEnvironment({ folder, python, at, packages = [] }: Wanted): Promise<PythonEnvironment> {
  const needed = [...ALWAYS, ...packages];
  const found: PythonEnvironment[] = [];
  for await (const environment of environments(folder, python)) {
    if (problemWith(environment, needed) === undefined) return environment;
    found.push(environment);
  }
  const place = python === null ? undefined : at;
  if (found.length === 0) throw new BadInput(noPython(python), place, { remedy: REMEDY });
  const { message, setUpHelps } = problemWith(bestOf(found), needed)!;
  throw new BadInput(message, place, setUpHelps ? { remedy: REMEDY } : {});
}

/** The interpreters that may have TRL and can be run, in the order in which they are taken. */
export async function* environments(folder: string, python: string | null): AsyncGenerator<PythonEnvironment> {
  for (const [namedBy, command] of candidates(folder, python)) {
    const asked = await askPython(command);
    if (asked) yield { ...asked, namedBy, note: noteOn(asked) };
  }
}

/** Of several that all lack something, the one that the message is about: the first that has TRL, else PyTorch, else any. */
export const bestOf = (found: readonly PythonEnvironment[]): PythonEnvironment =>
  found.find(({ versions }) => versions.trl) ?? found.find(({ versions }) => versions.torch) ?? found[0]!;

function candidates(folder: string, python: string | null): [NamedBy, string][] {
  if (python !== null) return [['config', python]];
  const named: [NamedBy, string | undefined][] = [
    ['set-up', setUpPython(storageFolder(TRL_FOLDER))],
    ['editor', process.env[PYTHON_VARIABLE] || undefined],
    ['workspace', workspacePython(resolve(folder))],
    ['path', 'python3'],
    ['path', 'python'],
  ];
  return named.filter((each): each is [NamedBy, string] => each[1] !== undefined);
}

/** In a virtual environment. */
export const pythonIn = (environment: string): string =>
  process.platform === 'win32' ? join(environment, 'Scripts', 'python.exe') : join(environment, 'bin', 'python');

/** In the folder of a set-up environment: says that it is ours, and since when it is whole. */
export const MARK = 'grpo-lab-trl.json';

/** The interpreter of an environment that set-up has completed. */
export function setUpPython(folder: string): string | undefined {
  try {
    const { complete } = JSON.parse(readFileSync(join(folder, MARK), 'utf8')) as { complete?: unknown };
    return complete === true ? pythonIn(folder) : undefined;
  } catch {
    return undefined; // Not set up.
  }
}

/** That of the nearest `.venv` in a folder or above it. */
function workspacePython(folder: string): string | undefined {
  for (let at = folder; ; at = dirname(at)) {
    const python = pythonIn(join(at, '.venv'));
    if (existsSync(python)) return python;
    if (at === dirname(at)) return undefined;
  }
}

/** What an environment lacks, and how to get it, which is not always set-up; undefined: it lacks nothing. */
export function problemWith(
  environment: PythonEnvironment,
  needed: readonly TrlPackage[],
): { message: string; setUpHelps: boolean } | undefined {
  const { python, namedBy, version, managed, versions } = environment;
  const missing = needed.filter((name) => versions[name] === undefined);
  const isOld = versions.trl !== undefined && compareVersions(versions.trl, OLDEST_TRL) < 0;
  const tooOld = `TRL ${versions.trl}, but TRL ${OLDEST_TRL} or newer is needed`;
  const lacks = [missing.length > 0 ? `lacks ${inWords(missing)}` : [], isOld ? `has ${tooOld}` : []].flat();
  if (lacks.length === 0) return undefined;

  const install = [...missing, ...(isOld ? (['trl'] as const) : [])].map(requirement).join(' ');
  const pip = `\`${python} -m pip install ${install}\``;
  // Where there is not even PyTorch, it is an environment for something else.
  const takesPip = versions.torch !== undefined && !managed && compareVersions(version, OLDEST_PYTHON) >= 0;
  const setUpHelps = missing.every((name) => name in CHECKED);
  // As long as the config names this one, no other is looked at.
  const first = namedBy === 'config' ? 'Remove "python" from the run config. ' : '';
  const fix = setUpHelps ? `${first}${remedyWords(REMEDY)}${takesPip ? ` Or run ${pip}.` : ''}` : `Run ${pip}.`;
  return { message: `The Python environment of ${python} ${lacks.join(' and ')}. ${fix}`, setUpHelps };
}

function noteOn({ python, versions }: AskedPython): string | undefined {
  const { trl } = versions;
  const checked = CHECKED.trl.replace(/\.0$/, '');
  if (trl === undefined || compareVersions(trl, OLDEST_TRL) < 0) return undefined;
  if (trl.startsWith(`${checked}.`) || trl === checked) return undefined;
  const than = compareVersions(trl, checked) > 0 ? 'newer' : 'older';
  return `TRL ${trl} of ${python} is ${than} than ${checked}, with which this was checked; if it fails, \`${python} -m pip install ${requirement('trl')}\`.`;
}

/** Where not even an interpreter is found. */
const noPython = (given: string | null): string =>
  `${
    given === null
      ? 'There is no Python with TRL here, and neither python3 nor python can be run.'
      : `The Python interpreter ${given} cannot be run; set "python" in the run config to one that has TRL, or leave it out.`
  } ${remedyWords(REMEDY)}`;

export const inWords = (names: readonly string[]): string =>
  names.length === 1 ? names[0]! : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;
