/**
 * `npm run bench -- gpu`: GRPO steps of random models on the GPU, ours and PyTorch's one after the other. One file when it is bundled, so
 * that `--pack` can carry it to a bare machine.
 */
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { gpuMemory } from '../../src/engine/devices/gpu-memory.ts';
import { OnnxEngine } from '../../src/engine/onnx/engine.ts';
import type { Provider } from '../../src/engine/onnx/providers.ts';
import { BadInput } from '../../src/protocol/errors.ts';
import { machine } from '../machine.ts';
import { countOf, parseOptions } from '../options.ts';
import { ourSteps } from './ours.ts';
import { pack } from './pack.ts';
import { profileReport } from './profile.ts';
import { type MeasuredSide, report } from './report.ts';
import { SHAPES } from './shapes.ts';
import type { GpuStep, GpuWork } from './work.ts';

const OPTIONS = {
  shapes: { type: 'string', default: '135m,0.5b,1.5b' },
  prompts: { type: 'string', default: '8' },
  generations: { type: 'string', default: '8' },
  tokens: { type: 'string', default: '256' },
  'prompt-tokens': { type: 'string', default: '64' },
  steps: { type: 'string', default: '3' },
  'peer-micro-batches': { type: 'string', default: '4' },
  device: { type: 'string', default: 'webgpu' },
  python: { type: 'string', default: process.env.GRPO_BENCH_PYTHON ?? 'python3' },
  profile: { type: 'boolean' },
  'rollouts-only': { type: 'boolean', default: false },
  session: { type: 'string', default: '{}' },
  precisions: { type: 'string', default: 'float32,float16' },
  peers: { type: 'string', default: 'float32,bfloat16' },
  pack: { type: 'string' },
} as const;

/** What our own side is told in the process that it gets for itself. */
interface OurTask {
  device: Provider;
  half: boolean;
  work: GpuWork;
  /** A folder for ONNX Runtime's profiles; without one, none are made. */
  profile?: string;
  /** Options of ONNX Runtime's sessions, in place of those they have. */
  session: object;
}

async function main(args: string[]): Promise<void> {
  if (args[0] === 'ours') {
    const { device, half, work, profile, session }: OurTask = JSON.parse(args[1]!);
    const engine = new OnnxEngine(device, { half, session, ...(profile && { profile }) });
    await ourSteps(engine, work, (step) => console.log(JSON.stringify(step)));
    engine.endProfiles();
    if (profile) console.error(profileReport(profile));
    return;
  }
  const options = parseOptions('gpu', args, OPTIONS);
  if (options.pack !== undefined) return pack(options.pack);
  console.log(`${machine()}, ${gpuMemory()?.name ?? 'no GPU that tells its name'}, node ${process.versions.node}.`);
  for (const shape of options.shapes.split(',')) {
    if (!SHAPES[shape]) throw new BadInput(`--shapes ${shape}: give some of ${Object.keys(SHAPES).join(', ')}.`);
    const work: GpuWork = {
      shape,
      prompts: countOf('prompts', options.prompts),
      generations: countOf('generations', options.generations),
      tokens: countOf('tokens', options.tokens),
      promptTokens: countOf('prompt-tokens', options['prompt-tokens']),
      steps: countOf('steps', options.steps),
      rolloutsOnly: options['rollouts-only'],
    };
    const device = options.device as Provider;
    const session: object = JSON.parse(options.session);
    const precisions = device === 'webgpu' ? options.precisions.split(',') : ['float32'];
    const ours: Record<string, MeasuredSide> = {};
    for (const precision of precisions) {
      const task: OurTask = { device, half: precision === 'float16', work, session };
      ours[precision] = await measured(process.execPath, [process.argv[1]!, 'ours', JSON.stringify(task)]);
    }
    if (options.profile)
      for (const precision of precisions) profileOurs({ device, half: precision === 'float16', work, session });
    const peers: Record<string, MeasuredSide> = {};
    const folder = mkdtempSync(join(tmpdir(), 'grpo-gpu-bench-'));
    try {
      const task = join(folder, 'work.json');
      const microBatches = countOf('peer-micro-batches', options['peer-micro-batches']);
      writeFileSync(task, JSON.stringify({ ...work, microBatches, model: SHAPES[shape] }));
      for (const precision of options.peers.split(',').filter(Boolean))
        peers[precision] = await measured(options.python, [peerScript(), task, precision]);
    } finally {
      rmSync(folder, { recursive: true });
    }
    for (const [precision, side] of Object.entries(ours))
      console.log(report(work, `${device}, ${precision}`, side, peers));
  }
}

/** A shorter step in a process of its own, whose operations are timed one by one: that makes it slower. */
function profileOurs(task: OurTask): void {
  const profile = mkdtempSync(join(tmpdir(), 'grpo-gpu-profile-'));
  try {
    const work = { ...task.work, tokens: Math.min(task.work.tokens, 16), steps: 1 };
    const args = [process.argv[1]!, 'ours', JSON.stringify({ ...task, work, profile })];
    const { stderr } = spawnSync(process.execPath, args, { encoding: 'utf8', maxBuffer: 2 ** 26 });
    console.log(`\n### Where ${task.half ? 'float16' : 'float32'} spends its time\n\n${stderr}`);
  } finally {
    rmSync(profile, { recursive: true });
  }
}

/** Beside the bundle in a pack, else in its own folder. */
const peerScript = (): string => process.env.GRPO_GPU_BENCH_PEER ?? 'bench/gpu/peer.py';

/** Runs one side to its end, watching the memory that the GPU's driver says is taken. */
async function measured(command: string, args: string[]): Promise<MeasuredSide> {
  const before = takenMemory();
  let peak = before;
  const watch = setInterval(() => {
    peak = Math.max(peak, takenMemory());
  }, 500);
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  let errors = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    errors = (errors + text).slice(-2000);
  });
  const steps: (GpuStep & Record<string, unknown>)[] = [];
  const failed = new Promise<string | undefined>((resolve) => {
    child.on('error', (error) => resolve(error.message));
    child.on('close', (status) => resolve(status === 0 ? undefined : errors.trim()));
  });
  for await (const line of createInterface(child.stdout)) steps.push(JSON.parse(line));
  const failure = await failed;
  clearInterval(watch);
  return { steps, memory: peak - before, failure };
}

/** Bytes of all NVIDIA GPUs that are taken now; 0 where nothing tells. */
function takenMemory(): number {
  const query = ['--query-gpu=memory.used', '--format=csv,noheader,nounits'];
  const { stdout } = spawnSync('nvidia-smi', query, { encoding: 'utf8' });
  return (stdout ?? '').split('\n').reduce((sum, line) => sum + Number(line), 0) * 2 ** 20;
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof BadInput)) throw error;
  console.error(error.message);
  process.exitCode = 2;
}
