import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadRunConfig } from '../src/config/load-config.ts';
import { trainerEnvironment } from '../src/processes/freed-memory.ts';
import type { RunConfig } from '../src/protocol/run-config.ts';
import { spacedLengths } from './lengths.ts';
import { writeLongPrompts } from './long-prompts.ts';
import { BETA, type Work } from './peer-options.ts';
import { StepServer } from './step-server.ts';
import { overrides, subjectConfig } from './subject.ts';

const LEARNING_RATE = 1e-6;

export interface Sides {
  ours: StepServer;
  /** Undefined when ours is measured alone. */
  trl: StepServer | undefined;
  close(): void;
}

/** Starts ours, and TRL with the given Python interpreter: each in a process of its own, so that memory compares too. */
export async function startSides(work: Work, python: string | undefined): Promise<Sides> {
  const folder = mkdtempSync(join(tmpdir(), 'grpo-bench-'));
  const started: StepServer[] = [];
  const close = () => {
    for (const side of started) side.close();
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    const commands = sideCommands(work, join(folder, 'prompts.jsonl'));
    const start = async (name: string, command: string, args: string[], env?: NodeJS.ProcessEnv) => {
      const side = await StepServer.start(name, command, args, env);
      started.push(side);
      return side;
    };
    const ours = await start('Our side', process.execPath, commands.ours, trainerEnvironment(process.env));
    const trl = python === undefined ? undefined : await start('TRL', python, commands.trl);
    return { ours, trl, close };
  } catch (error) {
    close();
    throw error;
  }
}

/** The subjects of benches have one file. */
const datasetOf = ({ dataset }: RunConfig): string => [dataset].flat()[0]!;

/** The arguments of both sides' programs. Lengthened prompts are written to `longPrompts`. */
function sideCommands(work: Work, longPrompts: string): { ours: string[]; trl: string[] } {
  const { prompts, generations, tokens, promptTokens, lora, peerPrecision, peerMicroBatches } = work;
  const varied = typeof tokens !== 'number';
  const longest = varied ? tokens.longest : tokens;
  const lengths = varied ? [`--lengths=${spacedLengths(tokens, prompts * generations).join()}`] : [];

  const { configFile, fields } = subjectConfig(work);
  const given = loadRunConfig(configFile, { set: overrides(fields) }).config;
  if (promptTokens !== undefined) writeLongPrompts(datasetOf(given), promptTokens, given.model, longPrompts);
  const dataset = promptTokens === undefined ? datasetOf(given) : longPrompts;

  const set = overrides({
    ...fields,
    dataset,
    ...{ promptsPerStep: prompts, numGenerations: generations },
    ...{ minCompletionLength: varied ? 0 : longest, maxCompletionLength: longest },
    ...{ beta: BETA, learningRate: LEARNING_RATE, shuffleDataset: false },
  });
  // What is wrong with the options is said here rather than by a process that ends.
  loadRunConfig(configFile, { set });
  const flags = overrides({
    ...{ model: given.model, dataset, prompts, generations, tokens: longest, beta: BETA },
    ...{ 'learning-rate': LEARNING_RATE, precision: peerPrecision, 'micro-batches': peerMicroBatches },
    ...(lora !== undefined && { lora }),
  });
  return {
    ours: ['scripts/run.mjs', 'bench/ours.ts', configFile, ...lengths, ...set],
    trl: ['bench/peer.py', '--serve', ...lengths, ...flags.map((flag) => `--${flag}`)],
  };
}
