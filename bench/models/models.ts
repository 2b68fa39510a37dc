/** What a step of the models that people have takes: random weights of their shapes, each way of training in a process of its own. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { readModelConfig } from '../../src/model/files/model-config.ts';
import { BadInput } from '../../src/protocol/errors.ts';
import { machine } from '../machine.ts';
import { countOf, parseOptions } from '../options.ts';
import { measureAlone } from '../peer.ts';
import { row } from '../words.ts';
import { MEASURED_FILE, type Measured, type MeasuredModels, readMeasured, WAYS, type Way } from './measured.ts';
import { plannedBytes } from './planned.ts';
import { writeRandomModel } from './random-folder.ts';
import { SHAPES } from './shapes.ts';

const PROMPTS = 4;
const GENERATIONS = 8;

export async function benchModels(args: string[]): Promise<void> {
  const options = parseOptions('models', args, {
    models: { type: 'string' },
    ways: { type: 'string', default: Object.keys(WAYS).join() },
    tokens: { type: 'string', default: '64' },
    save: { type: 'boolean', default: false },
  });
  const ids = oneOf('models', options.models?.split(',') ?? Object.keys(SHAPES), Object.keys(SHAPES));
  const ways = oneOf('ways', options.ways.split(','), Object.keys(WAYS)) as Way[];
  const tokens = countOf('tokens', options.tokens);
  const work = `${PROMPTS} × ${GENERATIONS} × ${tokens}`;
  console.log(row('model', ...ways.flatMap((way) => [`${WAYS[way].title}: peak`, 's per step'])));
  console.log(`|${'---|'.repeat(1 + 2 * ways.length)}`);
  for (const id of ids) {
    const folder = mkdtempSync(join(tmpdir(), 'grpo-bench-model-'));
    try {
      await writeRandomModel(folder, SHAPES[id]!.config);
      const figures: [Way, Measured | undefined][] = [];
      for (const way of ways) figures.push([way, await measure(folder, way, tokens)]);
      console.log(row(id, ...figures.flatMap(([, one]) => cells(one))));
      if (options.save) save(id, figures, work);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }
  console.log(`\nOne step of ${work} tokens, its graphs compiled in it, of random weights on ${machine()}.`);
}

/** A step of all weights takes up to so many times what weights, gradients and moments take, one of an adapter hardly more; of small models more. */
const OVER_WEIGHTS = { all: 1.6, lora: 1.2, int4: 1.2 };

/** Undefined where it would exceed this machine's memory. */
async function measure(model: string, way: Way, tokens: number): Promise<Measured | undefined> {
  const { lora, quantization } = WAYS[way];
  if (OVER_WEIGHTS[way] * plannedBytes(readModelConfig(model), way) > totalmem()) return undefined;
  const { steps } = await measureAlone({
    ...{ model, lora, tokens, prompts: PROMPTS, generations: GENERATIONS },
    ...{ quantization, checkpointing: false },
    ...{ promptTokens: undefined, peerPrecision: 'float32', peerMicroBatches: 1 },
    ...{ steps: 1, warmUp: 0, alone: true, json: false },
  });
  return { peakBytes: steps[0]!.peak_rss_bytes, seconds: steps[0]!.step.seconds, machine: machine() };
}

const cells = (one: Measured | undefined): [string, string] =>
  one ? [`${(one.peakBytes / 1e9).toFixed(1)} GB`, one.seconds.toFixed(0)] : ['more than this machine has', ''];

/** Adds to what the file has of other models and ways. */
function save(id: string, figures: [Way, Measured | undefined][], work: string): void {
  const before = readMeasured();
  const known = before.work === work ? before.models : {};
  const models = { ...known, [id]: { ...known[id], ...Object.fromEntries(figures) } };
  const sorted = Object.fromEntries(
    Object.keys(SHAPES).flatMap((name) => (models[name] ? [[name, models[name]]] : [])),
  );
  const saved: MeasuredModels = { work, models: sorted };
  writeFileSync(MEASURED_FILE, `${JSON.stringify(saved, null, 2)}\n`);
}

function oneOf(option: string, names: string[], known: string[]): string[] {
  const wrong = names.find((name) => !known.includes(name));
  if (wrong !== undefined) throw new BadInput(`--${option} ${wrong}: give some of ${known.join(', ')}.`);
  return names;
}
