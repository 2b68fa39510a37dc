import { formatGigabytes } from '../text/bytes.ts';
import { askTorch, type TorchDevices } from './ask-python.ts';
import { ALWAYS, OPTIONAL, PACKAGES, requirement } from './packages.ts';
import { bestOf, environments, inWords, type PythonEnvironment, problemWith } from './python-environment.ts';

/** What of TRL and the packages around it a machine has. */
export interface EnvironmentReport {
  /** The one that runs would take, else the one that lacks least; null: no Python can be run. */
  environment: PythonEnvironment | null;
  /** Null: there is no PyTorch, or it cannot be imported. */
  torch: TorchDevices | null;
  /** Whether TRL trains here. */
  works: boolean;
  /** How to get what is missing, a sentence each. */
  advice: string[];
}

/** Looks where runs in `folder` would look. Imports PyTorch if it is there, which takes seconds. */
export async function reportEnvironment(folder: string): Promise<EnvironmentReport> {
  const found: PythonEnvironment[] = [];
  for await (const each of environments(folder, null)) found.push(each);
  const lacksNothing = found.find((each) => problemWith(each, ALWAYS) === undefined);
  const environment = lacksNothing ?? (found.length > 0 ? bestOf(found) : null);
  if (!environment) return { environment, torch: null, works: false, advice: [] };

  const torch = environment.versions.torch ? await askTorch(environment.python) : null;
  const broken = typeof torch === 'string' ? [`PyTorch does not work in ${environment.python}: ${torch}.`] : [];

  // Who has none of it may not want any.
  const wanted = environment.versions.trl !== undefined || environment.versions.torch !== undefined;
  const advice = [
    ...broken,
    wanted ? (problemWith(environment, [...ALWAYS, 'peft'])?.message ?? []) : [],
    environment.note ?? [],
    adviceOnOptional(environment),
  ].flat();
  const works = lacksNothing !== undefined && broken.length === 0;
  return { environment, torch: typeof torch === 'string' ? null : torch, works, advice };
}

/** Only where TRL is: one thing after another. */
function adviceOnOptional({ python, versions }: PythonEnvironment): string[] {
  const missing = OPTIONAL.filter((name) => versions[name] === undefined);
  if (versions.trl === undefined || missing.length === 0) return [];
  const pip = `${python} -m pip install ${missing.map(requirement).join(' ')}`;
  return [`For options of "trl" that use ${inWords(missing)}, run \`${pip}\`.`];
}

/** `torch 2.15.0, trl 1.16.0; not found: vllm`; undefined: there is none of them. */
export function packagesInWords({ versions }: PythonEnvironment): string | undefined {
  const has = PACKAGES.filter((name) => versions[name] !== undefined);
  const lacks = PACKAGES.filter((name) => versions[name] === undefined);
  if (has.length === 0) return undefined;
  const found = has.map((name) => `${name} ${versions[name]}`).join(', ');
  return lacks.length > 0 ? `${found}; not found: ${lacks.join(', ')}` : found;
}

/** `2 × NVIDIA H100 80GB HBM3, 85.0 GB` */
export function gpusInWords({ gpus }: TorchDevices): string {
  const each = gpus.map(({ name, bytes }) => (bytes === null ? name : `${name}, ${formatGigabytes(bytes)}`));
  return [...new Set(each)]
    .map((text) => {
      const count = each.filter((other) => other === text).length;
      return count === 1 ? text : `${count} × ${text}`;
    })
    .join('; ');
}
