/** Every gradient of one update of ours against PyTorch's: how far they are apart, at real sizes, and whether they are the same twice. */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { BadInput } from '../src/protocol/errors.ts';
import { versions } from '../src/trainer/versions.ts';
import { machine } from './machine.ts';
import { countOf, parseOptions } from './options.ts';
import { findPeerPython } from './peer-python.ts';
import { overrides } from './subject.ts';
import { listOf, row } from './words.ts';

const OPTIONS = {
  model: { type: 'string' },
  prompts: { type: 'string', default: '4' },
  generations: { type: 'string', default: '8' },
  'prompt-tokens': { type: 'string', default: '200' },
  tokens: { type: 'string', default: '64' },
  worst: { type: 'string', default: '10' },
} as const;

/** AdamW divides by its epsilon, next to which no gradient counts: weights move by this many times their gradients. */
const [LEARNING_RATE, EPSILON] = [1e10, 1e6];
const SCALE = LEARNING_RATE / EPSILON;

/** What `gradient.py compare` prints. `error`: of our gradient, relative to the norm of PyTorch's. */
interface Compared {
  loss: number;
  grad_norm: number;
  tensors: Record<string, { norm: number; error: number }>;
}
interface Ours {
  loss: number;
  grad_norm: number;
  checkpoint: string;
  bytes: string;
}

export function benchGradient(args: string[]): void {
  const options = parseOptions('gradient', args, OPTIONS);
  if (options.model === undefined) throw new BadInput('npm run bench -- gradient: name a model with --model.');
  const sizes = {
    prompts: countOf('prompts', options.prompts),
    generations: countOf('generations', options.generations),
    'prompt-tokens': countOf('prompt-tokens', options['prompt-tokens']),
    tokens: countOf('tokens', options.tokens),
  };
  const worst = countOf('worst', options.worst);
  const python = findPeerPython();
  const runPython = (...rest: string[]) => outputOf(python.command, ['bench/gradient.py', ...rest]);
  const folder = mkdtempSync(join(tmpdir(), 'grpo-gradient-'));
  try {
    const given = Object.entries(sizes).flatMap(([name, size]) => [`--${name}`, String(size)]);
    runPython('prepare', resolve(options.model), folder, '--passage', 'bench/instructions/passage.txt', ...given);
    const [first, second] = [1, 2].map((time) => trainOnce(folder, `run-${time}`, sizes)) as [Ours, Ours];
    const theirs: Compared = JSON.parse(runPython('compare', folder, first.checkpoint, String(SCALE)));
    console.log(report({ first, second, theirs, worst }));
    console.log(`\n\`${['npm run bench -- gradient', ...args].join(' ')}\` on ${machine()}.`);
    console.log(`Ours: ${listOf(versions())}. PyTorch: ${listOf(python.versions)}.`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Its messages are shown. Throws BadInput when it fails. */
function outputOf(command: string, args: string[]): string {
  const { status, stdout } = spawnSync(command, args, {
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  if (status !== 0) throw new BadInput(`${args.slice(0, 2).join(' ')} failed: see its message above.`);
  return stdout;
}

/** One step on the prepared completions, by the command itself. */
function trainOnce(
  folder: string,
  run: string,
  { prompts, generations, tokens }: Record<'prompts' | 'generations' | 'tokens', number>,
): Ours {
  const config = join(folder, 'run.grpo.json');
  const fields = { model: 'model', dataset: 'prompts.jsonl', rewards: ['reward.ts'] };
  writeFileSync(config, JSON.stringify(fields));
  writeFileSync(join(folder, 'prompts.jsonl'), '{"prompt": "not used"}\n');
  // Scores are recorded; the file gives their name.
  writeFileSync(join(folder, 'reward.ts'), 'export const reward = () => 0;\n');
  const set = overrides({
    ...{
      promptsPerStep: prompts,
      numGenerations: generations,
      maxCompletionLength: tokens,
      maxSteps: 1,
      lossType: 'dapo',
      beta: 0,
    },
    ...{ learningRate: LEARNING_RATE, adamEpsilon: EPSILON, maxGradNorm: 0, weightDecay: 0 },
    ...{ lrSchedulerType: 'constant', warmupSteps: 0, device: 'cpu' },
  }).flatMap((field) => ['--set', field]);
  const out = join(folder, run);
  const rollouts = join(folder, 'rollouts.jsonl');
  outputOf(process.execPath, ['dist/grpo.js', 'train', config, '--rollouts', rollouts, '--out', out, ...set, '--json']);
  const { loss, grad_norm } = JSON.parse(readFileSync(join(out, 'metrics.jsonl'), 'utf8'));
  const checkpoint = join(out, 'checkpoints', 'step-000001');
  const bytes = createHash('sha256')
    .update(readFileSync(join(checkpoint, 'model.safetensors')))
    .digest('hex');
  return { loss, grad_norm, checkpoint, bytes };
}

function report({
  first,
  second,
  theirs,
  worst,
}: {
  first: Ours;
  second: Ours;
  theirs: Compared;
  worst: number;
}): string {
  const tensors = Object.entries(theirs.tensors).sort(([, a], [, b]) => b.error - a.error);
  const median = tensors[Math.floor(tensors.length / 2)]![1].error;
  const same = first.bytes === second.bytes && first.grad_norm === second.grad_norm;
  return [
    row('', 'ours', 'ours again', 'PyTorch'),
    '|---|---|---|---|',
    row('loss', String(first.loss), String(second.loss), String(theirs.loss)),
    row('grad_norm', String(first.grad_norm), String(second.grad_norm), String(theirs.grad_norm)),
    '',
    `Both runs of ours gave ${same ? 'the same bytes' : 'DIFFERENT BYTES'}.`,
    '',
    row(`gradient (worst ${Math.min(worst, tensors.length)} of ${tensors.length})`, 'norm', 'distance ÷ norm'),
    '|---|---|---|',
    ...tensors.slice(0, worst).map(([name, { norm, error }]) => row(name, norm.toPrecision(4), error.toExponential(1))),
    row('median', '', median.toExponential(1)),
  ].join('\n');
}
