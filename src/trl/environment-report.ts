import { formatGigabytes } from '../text/bytes.ts';
import { askTorch, type TorchDevices } from './ask-python.ts';
import { ALWAYS, OPTIONAL, PACKAGES, type TrlPackage } from './packages.ts';
import { bestOf, environments, noPython, type PythonEnvironment, problemWith } from './python-environment.ts';

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
  if (!environment) return { environment, torch: null, works: false, advice: [noPython(null)] };

  const torch = environment.versions.torch ? await askTorch(environment.python) : null;
  const broken = typeof torch === 'string' ? [`PyTorch does not work in ${environment.python}: ${torch}.`] : [];
  const lacks = problemWith(environment, [...ALWAYS, 'peft']);
  const advice = [...broken, lacks?.message ?? [], environment.note ?? [], adviceOnOptional(environment)].flat();
  const works = lacksNothing !== undefined && broken.length === 0;
  return { environment, torch: typeof torch === 'string' ? null : torch, works, advice };
}

/** Only where TRL is: one thing after another. */
function adviceOnOptional({ python, versions }: PythonEnvironment): string[] {
  const missing = OPTIONAL.filter((name) => versions[name] === undefined);
  if (versions.trl === undefined || missing.length === 0) return [];
  return [`Options of "trl" that need ${missing.join(', ')}: \`${python} -m pip install ${missing.join(' ')}\`.`];
}

/** `torch 2.15.0, trl 1.16.0; not found: vllm` */
export function packagesInWords({ versions }: PythonEnvironment): string {
  const has = PACKAGES.filter((name) => versions[name] !== undefined);
  const lacks = PACKAGES.filter((name) => versions[name] === undefined);
  const found = has.map((name: TrlPackage) => `${name} ${versions[name]}`).join(', ');
  return [found || [], lacks.length > 0 ? `not found: ${lacks.join(', ')}` : []].flat().join('; ');
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
