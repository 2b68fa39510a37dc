/** A GRPO step of ours against one of TRL and PyTorch: the same work on the same machine, in turns. */
import { cpus } from 'node:os';
import { resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { BadInput } from '../src/protocol/errors.ts';
import { loadRunConfig } from '../src/trainer/load-config.ts';
import { versions as ourVersions } from '../src/trainer/versions.ts';
import { findPeerPython } from './peer-python.ts';
import { type Comparison, compare, describe, type Pair } from './peer-report.ts';
import type { MeasuredStep } from './phases.ts';
import { StepServer } from './step-server.ts';

/** The work without and with a model of one's own. */
const SAMPLE = 'sample-workspace/arithmetic.grpo.json';
const INSTRUCTIONS = 'bench/instructions/instructions.grpo.json';

/** The work of a step. All completions have the same length, so that it is the same in each. */
const SETTING = { prompts: 4, generations: 8, tokens: 64, beta: 0.04, learningRate: 1e-6 };

/** Steps of each side that are not counted: ours compile their graphs, theirs fill caches. */
const WARM_UP_STEPS = 2;
/** Between turns. Worker threads spin for a while before they sleep: 0.2 s with the OpenMP of some builds of PyTorch. */
const PAUSE_MS = 300;

/** Prints the comparison. Throws BadInput when the arguments or the Python environment will not do. */
export async function benchPeer(args: string[]): Promise<void> {
  const { steps, json, ...what } = readOptions(args);
  const python = findPeerPython();
  const [ours, trl] = await startBoth(python.command, what);
  const taken: Pair[] = [];
  try {
    for (let step = -WARM_UP_STEPS; step < steps; step++) {
      const pair = { ours: await turn(ours), trl: await turn(trl) };
      if (step >= 0) taken.push(pair);
    }
  } finally {
    ours.close();
    trl.close();
  }
  const result: Comparison = {
    setting: { ...SETTING, ...what, optimizer: 'AdamW', precision: 'float32' },
    cpu: `${cpus()[0]!.model.trim()}, ${cpus().length} cores, ${process.platform} ${process.arch}`,
    versions: { ours: ourVersions(), trl: python.versions },
    ...compare(taken),
  };
  console.log(json ? JSON.stringify(result) : describe(result));
}

async function turn(side: StepServer): Promise<MeasuredStep> {
  await sleep(PAUSE_MS);
  return side.step();
}

/** What is trained: a model folder instead of the sample's, an adapter of this rank instead of all weights. */
interface Subject {
  model?: string | undefined;
  lora?: number | undefined;
}

const OPTIONS = {
  steps: { type: 'string', default: '7' },
  model: { type: 'string' },
  lora: { type: 'string' },
  json: { type: 'boolean', default: false },
} as const;

function readOptions(args: string[]): Subject & { steps: number; json: boolean } {
  const read = () => {
    try {
      return parseArgs({ args, options: OPTIONS }).values;
    } catch (error) {
      throw new BadInput(`npm run bench -- peer: ${(error as Error).message}`);
    }
  };
  const { steps, model, lora, json } = read();
  for (const [name, value] of Object.entries({ steps, lora }))
    if (value !== undefined && !/^[1-9]\d*$/.test(value))
      throw new BadInput(`--${name} ${value}: give a whole number, 1 or more.`);
  return { steps: Number(steps), json, ...(model && { model: resolve(model) }), ...(lora && { lora: Number(lora) }) };
}

/** Each in a process of its own, so that memory compares too. */
async function startBoth(python: string, { model, lora }: Subject): Promise<[StepServer, StepServer]> {
  const { prompts, generations, tokens, beta, learningRate } = SETTING;
  const configFile = model === undefined ? SAMPLE : INSTRUCTIONS;
  const fields = {
    ...{ promptsPerStep: prompts, numGenerations: generations },
    ...{ minCompletionLength: tokens, maxCompletionLength: tokens },
    ...{ beta, learningRate, shuffleDataset: false },
    ...(model !== undefined && { model }),
    ...(lora !== undefined && { lora: JSON.stringify({ r: lora, loraAlpha: 2 * lora, targetModules: 'all-linear' }) }),
  };
  const sets = Object.entries(fields).map(([name, value]) => `${name}=${value}`);
  const { config } = loadRunConfig(configFile, { set: sets });
  const ours = await StepServer.start('Our side', process.execPath, [
    'scripts/run.mjs',
    'bench/ours.ts',
    configFile,
    ...sets,
  ]);
  const options = {
    model: config.model,
    dataset: config.dataset,
    ...{ prompts, generations, tokens, beta, 'learning-rate': learningRate },
    ...(lora !== undefined && { lora }),
  };
  const flags = Object.entries(options).map(([name, value]) => `--${name}=${value}`);
  try {
    return [ours, await StepServer.start('TRL', python, ['bench/peer.py', '--serve', ...flags])];
  } catch (error) {
    ours.close();
    throw error;
  }
}
