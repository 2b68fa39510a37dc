import { outputOf } from '../processes/output-of.ts';
import { reasonIn } from '../processes/reason-in.ts';
import { PACKAGES, type TrlPackage } from './packages.ts';

/** What an interpreter says of itself and its packages. */
export interface AskedPython {
  /** The executable's absolute path. */
  python: string;
  version: string;
  /** It is the system's own, into which pip installs nothing. */
  managed: boolean;
  /** Of the packages that it has. */
  versions: Partial<Record<TrlPackage, string>>;
}

/** Asks what installers have recorded: importing these packages would take ten seconds. */
const PROBE = `
import json, os, sys, sysconfig
from importlib.metadata import PackageNotFoundError, version
found = {}
for name in sys.argv[1:]:
    try:
        found[name] = version(name)
    except PackageNotFoundError:
        pass
managed = sys.prefix == sys.base_prefix and os.path.exists(os.path.join(sysconfig.get_path("stdlib"), "EXTERNALLY-MANAGED"))
own = ".".join(map(str, sys.version_info[:3]))
print(json.dumps({"python": sys.executable, "version": own, "managed": managed, "versions": found}))
`;

/** Undefined where it cannot be run, or is older than Python 3.8. */
export async function askPython(command: string): Promise<AskedPython | undefined> {
  const { stdout, error } = await outputOf(command, ['-c', PROBE, ...PACKAGES]);
  if (error) return undefined;
  try {
    return JSON.parse(stdout) as AskedPython;
  } catch {
    return undefined; // It calls itself Python and is something else.
  }
}

export interface Gpu {
  name: string;
  /** Null where PyTorch does not tell. */
  bytes: number | null;
}

/** Where PyTorch computes. */
export interface TorchDevices {
  /** ROCm's GPUs are "cuda" to PyTorch. */
  kind: 'cuda' | 'xpu' | 'mps' | 'cpu';
  gpus: Gpu[];
  /** The CUDA or ROCm that it was built for; null: built without. */
  builtFor: string | null;
}

const TORCH_PROBE = `
import json, torch
def gpus(module):
    found = [module.get_device_properties(index) for index in range(module.device_count())]
    return [{"name": each.name, "bytes": each.total_memory} for each in found]
if torch.cuda.is_available():
    kind, found = "cuda", gpus(torch.cuda)
elif hasattr(torch, "xpu") and torch.xpu.is_available():
    kind, found = "xpu", gpus(torch.xpu)
elif torch.backends.mps.is_available():
    kind, found = "mps", [{"name": "Apple GPU", "bytes": None}]
else:
    kind, found = "cpu", []
rocm, cuda = getattr(torch.version, "hip", None), torch.version.cuda
built = f"ROCm {rocm}" if rocm else f"CUDA {cuda}" if cuda else None
print(json.dumps({"kind": kind, "gpus": found, "builtFor": built}))
`;

/** Importing PyTorch from a network drive for the first time can take a minute. */
const TORCH_SECONDS = 120;

/** Imports PyTorch, which takes seconds, to ask for its devices; a sentence's end where that fails. */
export async function askTorch(python: string): Promise<TorchDevices | string> {
  const { stdout, error } = await outputOf(python, ['-c', TORCH_PROBE], { seconds: TORCH_SECONDS });
  if (!error) return JSON.parse(stdout.trim().split('\n').at(-1)!) as TorchDevices;
  return error.killed ? `it was not imported within ${TORCH_SECONDS} seconds` : reasonIn(error.message);
}
