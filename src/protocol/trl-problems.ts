import { nearestName } from '../text/nearest-name.ts';
import { own } from '../text/own.ts';
import { snakeCase } from '../text/snake-case.ts';
import { SET_OTHERWISE, TRL_ARGUMENTS } from './trl-arguments.ts';
import { changedVllm, type TrlOptions, trlFieldNames, type VllmOptions, vllmFieldNames } from './trl-config.ts';

/** The fields of a run config that TRL's options have to do with. */
interface Fields {
  backend: string;
  device: string;
  fp16: boolean;
  lora: object | null;
  lossType: string;
  promptsPerStep: number;
  numGenerations: number;
  numMiniBatches: number;
  gradientAccumulationSteps: number;
  trl: TrlOptions | null;
}

interface Problem {
  path: (string | number)[];
  message: string;
}

type Wrong = [isWrong: boolean, path: Problem['path'], message: string];
const found = (problems: readonly Wrong[]): Problem[] =>
  problems.flatMap(([isWrong, path, message]) => (isWrong ? [{ path, message }] : []));

/** What is wrong with what trains, and with the options that only TRL has, each at its field and in words that follow the field's name. */
export function backendProblems(config: Fields): Problem[] {
  const { backend, device, trl } = config;
  const devices: Wrong[] = [
    [
      device === 'cuda' && backend === 'builtin',
      ['device'],
      'cannot be "cuda" with the backend "builtin": TRL trains on CUDA; remove "backend"',
    ],
    [
      backend === 'trl' && (device === 'webgpu' || device === 'tensorflow'),
      ['device'],
      `cannot be "${device}" with the backend "trl"; set it to "cuda", "cpu" or "auto"`,
    ],
  ];
  if (trl === null) return found(devices);
  return [
    ...found([...devices, ...numberFormats(config, trl), ...division(config, trl)]),
    ...batchProblems(config, trl),
    ...(trl.vllm ? found(sampling(config, trl, trl.vllm)) : []),
    ...Object.keys(trl.args).flatMap((name) => argumentProblem(name, trl, config)),
  ];
}

function numberFormats({ fp16, lora }: Fields, { bf16, quantization }: TrlOptions): Wrong[] {
  return [
    [bf16 === true && fp16, ['trl', 'bf16'], 'cannot be combined with "fp16"; remove one of them'],
    [
      quantization !== null && lora === null,
      ['trl', 'quantization'],
      'requires "lora": quantized weights cannot be trained',
    ],
  ];
}

/** How the processes share what training takes. */
function division({ device }: Fields, { deepspeed, fsdp, quantization, processes }: TrlOptions): Wrong[] {
  const shards = fsdp !== false ? 'fsdp' : deepspeed === 'zero3' ? 'deepspeed' : undefined;
  return [
    [
      fsdp !== false && deepspeed !== null,
      ['trl', 'fsdp'],
      'cannot be combined with "trl.deepspeed"; remove one of them',
    ],
    [
      fsdp !== false && processes === 1,
      ['trl', 'fsdp'],
      'divides a model among several processes; set "trl.processes" above 1',
    ],
    [fsdp !== false && device === 'cpu', ['trl', 'fsdp'], 'needs GPUs; set "device" to "cuda", or remove it'],
    [
      typeof fsdp === 'string' && !/\.ya?ml$/.test(fsdp),
      ['trl', 'fsdp'],
      'must be true or an accelerate config, a .yaml file (`accelerate config` writes one)',
    ],
    [
      deepspeed !== null && !['zero2', 'zero3'].includes(deepspeed) && !deepspeed.endsWith('.json'),
      ['trl', 'deepspeed'],
      'must be "zero2", "zero3" or a DeepSpeed config, a .json file',
    ],
    [
      quantization === '8bit' && shards !== undefined,
      ['trl', 'quantization'],
      `cannot be "8bit" with "trl.${shards}", which cannot divide such weights; set it to "4bit"`,
    ],
  ];
}

function batchProblems(config: Fields, { perDeviceTrainBatchSize: size, processes }: TrlOptions): Problem[] {
  const completions = config.promptsPerStep * config.numGenerations;
  const ofUpdate = completions / config.numMiniBatches;
  const of = config.numMiniBatches > 1 ? `each of the ${config.numMiniBatches} mini-batches of a step's` : "a step's";
  const accumulated = config.gradientAccumulationSteps;
  if (size === null) {
    const times = accumulated > 1 ? `times gradientAccumulationSteps (${accumulated}) ` : '';
    const message = `${times}must divide ${of} ${completions} completions`;
    return found([[processes > 1 && ofUpdate % (processes * accumulated) !== 0, ['trl', 'processes'], message]]);
  }
  const at = ['trl', 'perDeviceTrainBatchSize'];
  if (accumulated > 1)
    return [
      {
        path: at,
        message:
          'cannot be combined with gradientAccumulationSteps, which divides a step by number; remove one of them',
      },
    ];
  const times = processes > 1 ? `times the ${processes} processes ` : '';
  return found([[ofUpdate % (size * processes) !== 0, at, `${times}must divide ${of} ${completions} completions`]]);
}

const OF_A_SERVER: readonly (keyof VllmOptions)[] = [
  ...(['serverBaseUrl', 'serverHost', 'serverPort', 'serverTimeout', 'groupPort'] as const),
];
const COLOCATED: readonly (keyof VllmOptions)[] = [
  ...(['gpuMemoryUtilization', 'tensorParallelSize', 'maxModelLength', 'enableSleepMode'] as const),
];

function sampling({ device, lossType }: Fields, { processes, quantization }: TrlOptions, vllm: VllmOptions): Wrong[] {
  const at = (name: keyof VllmOptions) => ['trl', 'vllm', name];
  const { mode, tensorParallelSize, importanceSamplingMode, importanceSamplingClipMax: most } = vllm;
  const { importanceSamplingCorrection: corrects, importanceSamplingClipMin: least } = vllm;
  const changed = changedVllm(vllm).map(([name]) => name);
  const misplaced = changed.filter((name) => (mode === 'server' ? COLOCATED : OF_A_SERVER).includes(name));
  return [
    [device === 'cpu', ['trl', 'vllm'], 'needs a GPU; set "device" to "cuda", or remove it'],
    ...misplaced.map((name): Wrong => {
      const message =
        mode === 'server'
          ? 'has no effect in the mode "server"; give it to `vllm serve`'
          : 'requires the mode "server"';
      return [true, at(name), message];
    }),
    [
      mode === 'colocate' && processes % tensorParallelSize !== 0,
      at('tensorParallelSize'),
      `must divide the number of processes, "trl.processes" (${processes})`,
    ],
    [
      mode === 'colocate' && quantization === '8bit',
      ['trl', 'quantization'],
      'cannot be "8bit" with "trl.vllm" in the mode "colocate": vLLM loads such models in 4 bits only',
    ],
    [
      corrects && least !== null && most !== null && least >= most,
      at('importanceSamplingClipMin'),
      `must be below importanceSamplingClipMax (${most})`,
    ],
    [
      corrects && importanceSamplingMode.endsWith('truncate') && least === null && most === null,
      at('importanceSamplingMode'),
      `cannot be "${importanceSamplingMode}" without importanceSamplingClipMax or importanceSamplingClipMin`,
    ],
    [
      corrects && lossType === 'vespo' && importanceSamplingMode.startsWith('sequence'),
      at('importanceSamplingMode'),
      `cannot be "${importanceSamplingMode}" with lossType "vespo"; set it to "token_mask" or "token_truncate"`,
    ],
  ];
}

/** Of an argument of GRPOConfig under its own name: whether there is such a one, and that nothing else sets it. */
function argumentProblem(name: string, trl: TrlOptions, config: Fields): Problem[] {
  const problem = (message: string) => [{ path: ['trl', 'args', name], message }];
  const field = fieldOf(name, config);
  const otherwise = field === undefined ? own(SET_OTHERWISE, name) : `set "${field}"`;
  if (otherwise !== undefined) return problem(`cannot be set here; ${otherwise}`);
  if (!TRL_ARGUMENTS.includes(name)) {
    const near = nearestName(name, TRL_ARGUMENTS);
    return problem(
      `is no argument of GRPOConfig in TRL 1.16${near === undefined ? '' : `; the nearest one is "${near}"`}`,
    );
  }
  if (name !== 'model_init_kwargs') return [];
  const given = (trl.args[name] ?? {}) as Record<string, unknown>;
  return found(
    Object.entries(MODEL_FIELDS).map(([key, own]) => [
      Object.hasOwn(given, key),
      ['trl', 'args', name, key],
      `cannot be set here; set "trl.${own}"`,
    ]),
  );
}

const MODEL_FIELDS = {
  attn_implementation: 'attnImplementation',
  dtype: 'dtype',
  torch_dtype: 'dtype',
  quantization_config: 'quantization',
};

/** The field of the run config that sets an argument; undefined: none does. */
function fieldOf(name: string, config: object): string | undefined {
  const named = (fields: readonly string[], prefix = '') => fields.find((field) => prefix + snakeCase(field) === name);
  const top = named(Object.keys(config));
  if (top !== undefined) return top;
  const option = named(trlFieldNames);
  if (option !== undefined) return `trl.${option}`;
  const vllm = named(vllmFieldNames, 'vllm_');
  return vllm === undefined ? undefined : `trl.vllm.${vllm}`;
}
