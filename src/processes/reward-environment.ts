/**
 * Rewards see few environment variables: what programs, Python, Node and CUDA need to work as in a terminal, and what the user names. Keys
 * and tokens that happen to be in the environment are not theirs unless they are asked for.
 */

const ALWAYS = [
  // The user's place on the machine.
  ...['PATH', 'HOME', 'USER', 'LOGNAME', 'SHELL', 'TERM', 'TZ', 'LANG', 'LANGUAGE', 'TMPDIR', 'TEMP', 'TMP'],
  ...['XDG_CACHE_HOME', 'XDG_CONFIG_HOME', 'XDG_DATA_HOME', 'XDG_RUNTIME_DIR'],
  // What Windows' own programs and libraries do not start without.
  ...[
    'SYSTEMROOT',
    'SYSTEMDRIVE',
    'WINDIR',
    'COMSPEC',
    'PATHEXT',
    'OS',
    'USERNAME',
    'USERPROFILE',
    'HOMEDRIVE',
    'HOMEPATH',
  ],
  ...['APPDATA', 'LOCALAPPDATA', 'PROGRAMDATA', 'PROGRAMFILES', 'PROGRAMFILES(X86)', 'NUMBER_OF_PROCESSORS'],
  // Libraries and certificates in places of their own.
  ...['LD_LIBRARY_PATH', 'DYLD_LIBRARY_PATH', 'DYLD_FALLBACK_LIBRARY_PATH', 'SSL_CERT_FILE', 'SSL_CERT_DIR'],
  // NODE_OPTIONS is not among them: it could lift the memory limit, or load a debugger into each worker.
  ...['NODE_PATH', 'NODE_EXTRA_CA_CERTS', 'VIRTUAL_ENV', 'TOKENIZERS_PARALLELISM'],
  // Where Hugging Face's libraries keep models, and whether they may fetch any; not HF_TOKEN.
  ...['HF_HOME', 'HF_HUB_CACHE', 'HF_HUB_OFFLINE', 'HF_DATASETS_CACHE', 'HF_DATASETS_OFFLINE', 'HF_ENDPOINT'],
  ...['TRANSFORMERS_CACHE', 'TRANSFORMERS_OFFLINE', 'TORCH_HOME'],
];

/** The settings of Python, and of the libraries that compute on GPUs or with several threads. */
const FAMILIES =
  /^(PYTHON|(LC|CONDA|CUDA|NVIDIA|NCCL|ROCR|HIP|HSA|OMP|KMP|MKL|OPENBLAS|VECLIB|NUMEXPR|PYTORCH|TORCH)_)/;
const SECRET = /TOKEN|SECRET|PASSW|CREDENTIAL|API_?KEY/;

export interface RewardEnvironment {
  env: NodeJS.ProcessEnv;
  /** Of the names, those of variables that are not set. */
  missing: string[];
  /** The names of the variables that it does not get. */
  hidden: string[];
}

/** The environment of a reward worker: `names` are further variables that it gets. */
export function rewardEnvironment(names: readonly string[], from = process.env): RewardEnvironment {
  const key = (name: string): string => (process.platform === 'win32' ? name.toUpperCase() : name);
  const wanted = new Set([...ALWAYS, ...names.map(key)]);
  const isWanted = (name: string): boolean => wanted.has(name) || (FAMILIES.test(name) && !SECRET.test(name));
  const given = Object.entries(from).filter(([name]) => isWanted(key(name)));
  const set = new Set(given.map(([name]) => key(name)));
  return {
    env: Object.fromEntries(given),
    missing: names.filter((name) => !set.has(key(name))),
    hidden: Object.keys(from).filter((name) => !set.has(key(name))),
  };
}
