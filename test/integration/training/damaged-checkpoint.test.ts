/** A checkpoint that is damaged is refused with one sentence, which never says to download it again. */
import { cpSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { grpo } from '../cli/run-grpo.ts';
import { runInfoOf, tinyConfig, tinyFiles, trainHere } from './workspace.ts';

type Damage = [what: string, damage: (checkpoint: string) => void, sentence: RegExp];

const REMEDY = /; remove this checkpoint to use the one before it$/m;
const edit = (file: string, change: (json: Record<string, unknown>) => void): void => {
  const json = JSON.parse(readFileSync(file, 'utf8'));
  change(json);
  writeFileSync(file, JSON.stringify(json));
};

const DAMAGES: Damage[] = [
  ['without a state', (at) => rmSync(join(at, 'trainer_state.json')), /trainer_state\.json: .*cannot be resumed/],
  ['with a torn state', (at) => truncateSync(join(at, 'trainer_state.json'), 20), /trainer_state\.json: /],
  [
    'of another step than it is named by',
    (at) => edit(join(at, 'trainer_state.json'), (state) => Object.assign(state, { step: 1 })),
    /trainer_state\.json: This is the state after step 1, in the checkpoint of step 2/,
  ],
  [
    'with a torn optimizer',
    (at) => truncateSync(join(at, 'grpo_optimizer.safetensors'), 5000),
    /grpo_optimizer\.safetensors: .*not a complete safetensors file/,
  ],
  [
    'without its optimizer',
    (at) => rmSync(join(at, 'grpo_optimizer.safetensors')),
    /optimizer\.safetensors: .*missing/,
  ],
];

const OF_WEIGHTS: Damage[] = [
  ['with torn weights', (at) => truncateSync(join(at, 'model.safetensors'), 5000), /model\.safetensors: .*complete/],
  ['without weights', (at) => rmSync(join(at, 'model.safetensors')), /model\.safetensors: .*missing/],
];

const OF_AN_ADAPTER: Damage[] = [
  ['with a torn adapter', (at) => truncateSync(join(at, 'adapter_model.safetensors'), 99), /adapter_model\.safe.*: /],
  [
    'with a torn adapter config',
    (at) => truncateSync(join(at, 'adapter_config.json'), 9),
    /adapter_config\.json:\d+:\d+: .*JSON/,
  ],
  ['without an adapter config', (at) => rmSync(join(at, 'adapter_config.json')), /adapter_config\.json: .*missing/],
  ['without its adapter', (at) => rmSync(join(at, 'adapter_model.safetensors')), /adapter_model\.safe.*: .*missing/],
];

describe.each([
  ['of all weights', {}, [...DAMAGES, ...OF_WEIGHTS]],
  ['of a LoRA adapter', { lora: { r: 2 } }, [...DAMAGES, ...OF_AN_ADAPTER]],
] as const)('a checkpoint %s', (_, settings, damages) => {
  let folder: string;
  let config: string;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'grpo-checkpoint-'));
    config = join(folder, 'run.grpo.json');
    for (const [name, content] of Object.entries(tinyFiles))
      writeFileSync(
        join(folder, name),
        typeof content === 'string' ? content : content.map((row) => `${JSON.stringify(row)}\n`).join(''),
      );
    writeFileSync(config, JSON.stringify({ ...tinyConfig, ...settings, maxSteps: 2, saveSteps: 1 }));
    await trainHere(config, { out: join(folder, 'run') });
    return () => rmSync(folder, { recursive: true });
  });

  /** A copy of the run whose newest checkpoint was damaged. */
  function damagedRun(damage: (checkpoint: string) => void): { run: string; checkpoint: string } {
    const run = join(folder, 'copy');
    onTestFinished(() => rmSync(run, { recursive: true }));
    cpSync(join(folder, 'run'), run, { recursive: true });
    const checkpoint = join(run, 'checkpoints/step-000002');
    damage(checkpoint);
    return { run, checkpoint };
  }
  const resume = (run: string) => grpo(['train', config, '--out', run, '--resume', '--set', 'maxSteps=3']);

  test.each(damages)('%s', async (__, damage, sentence) => {
    const { run } = damagedRun(damage);
    const { status, stderr } = await resume(run);
    expect(status).toBe(2);
    expect(stderr.trimEnd().split('\n')).toHaveLength(1);
    expect(stderr).toMatch(sentence);
    expect(stderr).toMatch(REMEDY);
    expect(runInfoOf(run)).toMatchObject({ state: 'done', step: 2 });
  });

  test('that was removed leaves the one before it to continue from', async () => {
    const { run } = damagedRun((checkpoint) => rmSync(checkpoint, { recursive: true }));
    expect(await resume(run)).toMatchObject({ status: 0, stderr: expect.stringContaining('continuing from step 1\n') });
    expect(runInfoOf(run)).toMatchObject({ state: 'done', step: 3 });
  });

  test('is no download for other commands either', async () => {
    const tensors = 'lora' in settings ? 'adapter_model.safetensors' : 'model.safetensors';
    const { checkpoint } = damagedRun((at) => truncateSync(join(at, tensors), 99));
    const { status, stderr } = await grpo(['generate', checkpoint, '--prompt', 'a']);
    expect(status).toBe(2);
    expect(stderr).toMatch(REMEDY);
  });
});
