import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { onTestFinished } from 'vitest';
import { type TrainerEvent, trainerEvent } from '../../../src/protocol/events.ts';
import {
  type MetricsRow,
  type RolloutRow,
  type RunInfo,
  stepName,
  type UpdatedRow,
} from '../../../src/protocol/run-folder.ts';
import { RunControl } from '../../../src/trainer/control.ts';
import { runSession, type SessionOptions, type SessionResult } from '../../../src/trainer/session.ts';

const BUILD = join(import.meta.dirname, '../../../dist');
export const REFERENCES = join(import.meta.dirname, '../../references');
export const rewardWorker = join(BUILD, 'reward-worker.js');
export const trainerScript = join(BUILD, 'trainer.js');
export const grpoScript = join(BUILD, 'grpo.js');

export const referenceModel = (name: string): string =>
  join(REFERENCES, 'fixtures', name.endsWith('.gguf') ? 'gguf' : 'models', name);

/** A folder with these files (path: text, or rows of JSON lines, or one object), removed after the test. */
export function workspace(files: Record<string, string | object>): string {
  const folder = mkdtempSync(join(tmpdir(), 'grpo-training-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), typeof content === 'string' ? content : jsonText(content));
  }
  return folder;
}

const jsonText = (content: object): string =>
  Array.isArray(content) ? content.map((row) => `${JSON.stringify(row)}\n`).join('') : JSON.stringify(content);

/** A run of a tiny model on two prompts, four completions each; the reward counts a letter. */
export const tinyConfig = {
  model: referenceModel('llama-head-dim-bf16'),
  dataset: 'prompts.jsonl',
  rewards: ['letters.reward.ts'],
  promptsPerStep: 2,
  numGenerations: 4,
  maxCompletionLength: 8,
  maxSteps: 3,
  learningRate: 1e-3,
};

export const tinyFiles = {
  'prompts.jsonl': ['3 1 0 2', '17 + 25', 'What is the answer?'].map((prompt, n) => ({ prompt, n })),
  'letters.reward.ts': `
export function letters({ completion }: { completion: string }) {
  return [...completion].filter((letter) => letter <= 'n').length;
}
`,
};

/** A workspace whose `run.grpo.json` is the tiny run with these changes. */
export const tinyWorkspace = (config: object = {}, files: Record<string, string | object> = {}): string =>
  workspace({ ...tinyFiles, 'run.grpo.json': { ...tinyConfig, ...config }, ...files });

export interface Session {
  result: SessionResult;
  events: TrainerEvent[];
}

interface Watching {
  control?: RunControl;
  onEvent?: (event: TrainerEvent) => void;
}

/** Trains in this process; every event must be what the protocol says. */
export async function trainHere(
  configFile: string,
  { control = new RunControl(), onEvent = () => {}, ...options }: Partial<SessionOptions> & Watching = {},
): Promise<Session> {
  const events: TrainerEvent[] = [];
  const result = await runSession({ configFile, rewardWorker, attended: false, ...options }, control, (event) => {
    events.push(trainerEvent.parse(event));
    onEvent(event);
  });
  return { result, events };
}

export const readJson = <T>(...path: string[]): T => JSON.parse(readFileSync(join(...path), 'utf8')) as T;

export function readJsonl<T>(...path: string[]): T[] {
  const text = readFileSync(join(...path), 'utf8');
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as T);
}

export const runInfoOf = (run: string): RunInfo => readJson(run, 'run.json');
export const metricsOf = (run: string): MetricsRow[] => readJsonl(run, 'metrics.jsonl');
export const rolloutsOf = (run: string, step: number): RolloutRow[] =>
  readJsonl(run, 'rollouts', `${stepName(step)}.jsonl`);
export const updatesOf = (run: string, step: number): UpdatedRow[] =>
  readJsonl(run, 'updates', `${stepName(step)}.jsonl`);

/** The only run of a workspace. */
export function onlyRun(folder: string): string {
  const runs = join(folder, '.grpo/runs');
  const names = readdirSync(runs);
  if (names.length !== 1) throw new Error(`expected one run, not ${names.join(', ')}`);
  return join(runs, names[0]!);
}

export interface Finished {
  status: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
}

/** The built command as a user runs it, to be watched and interrupted; ended with the test. `under` is a command that starts it. */
export function startGrpo(args: string[], under: string[] = []): { child: ChildProcess; finished: Promise<Finished> } {
  const [command, ...rest] = [...under, process.execPath, grpoScript, ...args];
  const child = spawn(command!, rest, { stdio: ['ignore', 'pipe', 'pipe'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  let [stdout, stderr] = ['', ''];
  child.stdout!.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr!.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const finished = once(child, 'close').then(([status, signal]) => ({ status, signal, stdout, stderr }));
  return { child, finished };
}

export const runGrpo = (...args: string[]): Promise<Finished> => startGrpo(args).finished;

/** The events of `--json`. */
export const eventsOf = (stdout: string): TrainerEvent[] =>
  stdout
    .trimEnd()
    .split('\n')
    .map((line) => trainerEvent.parse(JSON.parse(line)));

/** Waits until a child that prints events has printed one like this. */
export function untilEvent(child: ChildProcess, holds: (event: TrainerEvent) => boolean): Promise<void> {
  return new Promise((resolve, reject) => {
    let text = '';
    const listen = (part: string) => {
      text += part;
      const lines = text.split('\n');
      text = lines.pop()!;
      if (lines.some((line) => holds(JSON.parse(line) as TrainerEvent))) {
        child.stdout!.off('data', listen);
        resolve();
      }
    };
    child.stdout!.on('data', listen);
    child.once('close', () => reject(new Error('the command ended before that')));
  });
}

/** Numbers of a run that do not depend on how fast the machine is. */
export const timeless = (row: MetricsRow): Partial<MetricsRow> =>
  Object.fromEntries(Object.entries(row).filter(([key]) => key !== 'step_time' && !key.startsWith('time/')));
