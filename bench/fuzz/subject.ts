import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { Content } from './mutate.ts';

export const GRPO = resolve('dist/grpo.js');
const FIXTURES = resolve('test/references/fixtures');

/** A file that is spoiled, and the commands that read it. */
export interface Target {
  group: string;
  file: string;
  content: Content;
  commands: string[][];
}

const TRAIN = ['train', 'run.grpo.json', '--out', 'out'];
const SCORE = ['score', 'run.grpo.json'];
const RESUME = ['train', 'run.grpo.json', '--out', 'run', '--resume', '--set', 'maxSteps=3'];
const GENERATE = ['--prompts', 'prompts.jsonl', '--max-tokens', '4', '--device', 'cpu'];

/** A workspace in which everything is right: a config with its data and rewards, models, a run with a checkpoint, an adapter. */
export function makeWorkspace(): string {
  const folder = mkdtempSync(join(tmpdir(), 'grpo-fuzz-'));
  cpSync(join(FIXTURES, 'models/llama-head-dim-bf16'), join(folder, 'model'), { recursive: true });
  cpSync(join(FIXTURES, 'models/llama-sharded'), join(folder, 'sharded'), { recursive: true });
  cpSync(join(FIXTURES, 'gguf/llama3.gguf'), join(folder, 'model.gguf'));
  for (const name of ['rows-snappy', 'rows-plain', 'rows-lz4'])
    cpSync(join(FIXTURES, `datasets/${name}.parquet`), join(folder, `${name}.parquet`));
  mkdirSync(join(folder, 'samples'));
  mkdirSync(join(folder, 'hub/data'), { recursive: true });
  const lines = (rows: object[]) => rows.map((row) => `${JSON.stringify(row)}\n`).join('');
  const files = {
    'run.grpo.json': JSON.stringify(CONFIG, null, 2),
    'sweep.experiment.json': JSON.stringify(EXPERIMENT, null, 2),
    'prompts.jsonl': lines(PROMPTS.map((prompt, n) => ({ prompt, answer: String(n), tags: ['a', n] }))),
    'rows.csv': TABLE,
    'list.json': JSON.stringify(ROWS, null, 1),
    'hub/data/rows.csv': TABLE,
    'hub/README.md': CARD,
    'samples/run.samples.jsonl': lines(
      ['12', '7', 'no'].map((completion) => ({
        prompt: 'a',
        answer: '7',
        tags: [],
        completion,
        expect: { digits: [0, 9] },
      })),
    ),
    'digits.reward.ts':
      'export const digits = ({ completion }: { completion: string }) => completion.match(/\\d/g)?.length ?? 0;\n',
    'same.py':
      'def same(completions, answer, **kwargs):\n    return [float(text == right) for text, right in zip(completions, answer)]\n',
  };
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  writeFileSync(join(folder, 'rows.csv.gz'), gzipSync(TABLE));
  const train = (...args: string[]) =>
    execFileSync(process.execPath, [GRPO, 'train', 'run.grpo.json', ...args], { cwd: folder, stdio: 'ignore' });
  train('--out', 'run');
  train('--out', 'lora', '--set', 'lora={}', '--set', 'maxSteps=1');
  cpSync(join(folder, 'lora/checkpoints/step-000001'), join(folder, 'adapter'), { recursive: true });
  const exported = ['export', 'run', '--format', 'trl', '--to', 'trl'];
  execFileSync(process.execPath, [GRPO, ...exported], { cwd: folder, stdio: 'ignore' });
  return folder;
}

const CONFIG = {
  model: 'model',
  dataset: 'prompts.jsonl',
  evalDataset: 'prompts.jsonl',
  rewards: ['digits.reward.ts', { file: 'same.py', function: 'same', weight: 2 }],
  promptsPerStep: 2,
  numGenerations: 2,
  maxCompletionLength: 4,
  maxSteps: 2,
  saveSteps: 1,
  evalSteps: 2,
  rewardTimeoutSeconds: 2,
  learningRate: 1e-3,
  device: 'cpu',
};
const EXPERIMENT = {
  base: 'run.grpo.json',
  set: { maxSteps: 1, 'lora.r': 4 },
  vary: { learningRate: [1e-3, 1e-2], method: { GRPO: {}, other: { beta: 0.1, 'rewards.1.weight': 3 } } },
  seeds: [1, 2],
};
/** `grpo train` with another dataset. */
const trainOn = (dataset: string): string[] => [
  ...TRAIN,
  ...[`dataset=${dataset}`, 'prompt=question', 'evalDataset=null', 'evalSteps=null'].flatMap((set) => ['--set', set]),
];
const ROWS = ['3 1 0 2', '17 + 25', 'a, "b"\nc', 'd'].map((question, n) => ({ question, answer: String(n), x: n / 2 }));
const TABLE = `question,answer,x\n${ROWS.map(({ question, answer, x }) => `"${question.replaceAll('"', '""')}",${answer},${x}\n`).join('')}`;
const CARD =
  '---\nlicense: mit\nconfigs:\n- config_name: default\n  data_files:\n  - split: train\n    path: data/*.csv\n---\n';
const PROMPTS = ['3 1 0 2', '17 + 25', 'What is the answer?', 'a'];

/** All that can be spoiled in it. */
export function targetsOf(folder: string): Target[] {
  const inside = (name: string): string[] =>
    readdirSync(join(folder, name), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1));
  const of = (group: string, names: string[], ...commands: string[][]): Target[] =>
    names.map((file) => ({ group, file, content: contentOf(file), commands }));
  const models = (name: string) => inside(name).filter((file) => !/expected|README/.test(file));
  return [
    ...of('run config', ['run.grpo.json'], TRAIN, SCORE, ['eval', 'run.grpo.json']),
    ...of('experiment', ['sweep.experiment.json'], ['compare', 'sweep.experiment.json', '--table-only', '--out', '.']),
    ...of('dataset', ['prompts.jsonl'], TRAIN, ['generate', 'model', ...GENERATE]),
    ...['rows-snappy.parquet', 'rows-plain.parquet', 'rows-lz4.parquet'].flatMap((file) =>
      of('Parquet', [file], trainOn(file)),
    ),
    ...['rows.csv', 'rows.csv.gz', 'list.json'].flatMap((file) => of('CSV and JSON', [file], trainOn(file))),
    ...of('dataset folder', ['hub/README.md', 'hub/data/rows.csv'], trainOn('hub')),
    ...of('samples', ['samples/run.samples.jsonl'], SCORE, ['logprobs', 'model', 'samples/run.samples.jsonl']),
    ...of('rewards', ['digits.reward.ts', 'same.py'], SCORE),
    ...of(
      'rollouts',
      ['run/rollouts/step-000001.jsonl'],
      [...TRAIN, '--rollouts', 'run/rollouts/step-000001.jsonl', '--set', 'maxSteps=1'],
      ['rescore', 'run'],
    ),
    ...of('model folder', models('model'), ['generate', 'model', ...GENERATE], TRAIN),
    ...of('exported model', models('model'), ['export', 'model', '--to', 'exported.gguf']),
    ...of('sharded model', models('sharded'), ['generate', 'sharded', ...GENERATE]),
    ...of('GGUF', ['model.gguf'], ['generate', 'model.gguf', ...GENERATE]),
    ...of('adapter', models('adapter'), ['export', 'adapter', '--to', 'merged'], ['generate', 'adapter', ...GENERATE]),
    ...of('run folder', ['run/run.json', 'run/metrics.jsonl'], ['rescore', 'run'], ['doctor', 'run'], RESUME),
    ...of('checkpoint', inside('run/checkpoints/step-000002'), RESUME),
    ...of("TRL's checkpoint", inside('trl'), ['import', 'checkpoint', 'trl', 'run.grpo.json', '--out', 'imported']),
  ];
}

function contentOf(file: string): Content {
  if (/\.json$/.test(file)) return 'json';
  if (/\.jsonl$/.test(file)) return 'lines';
  if (/\.parquet$/.test(file)) return 'footer';
  return /\.(safetensors|gguf|gz|pt)$/.test(file) ? 'binary' : 'text';
}
