/** `grpo import checkpoint` and `grpo export --format trl` without TRL: what they refuse, each in one sentence, and what they say is not the same. */
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import * as py from '../../../src/model/files/python-pickle.ts';
import { writeTorchFile } from '../../../src/model/files/torch-writer.ts';
import { readRunInfo } from '../../../src/run-folder/run-info.ts';
import { referenceModel, tinyWorkspace, trainHere } from '../training/workspace.ts';
import { grpo, grpoJson } from './run-grpo.ts';

/** A workspace with the checkpoint `checkpoint-3`, as TRL would have written it of this config. */
async function withCheckpoint(config: object = {}): Promise<{ folder: string; checkpoint: string; config: string }> {
  const folder = tinyWorkspace(config);
  const file = join(folder, 'run.grpo.json');
  const { result } = await trainHere(file);
  const checkpoint = join(folder, 'checkpoint-3');
  const { status, stderr } = await grpo(['export', result.run, '--format', 'trl', '--to', checkpoint]);
  expect(status, stderr).toBe(0);
  return { folder, checkpoint, config: file };
}

const edit = (file: string, change: (json: Record<string, unknown>) => void): void => {
  const json = JSON.parse(readFileSync(file, 'utf8'));
  change(json);
  writeFileSync(file, JSON.stringify(json));
};

/** The optimizer of a model with one tensor, with this in place of AdamW's moments. */
const otherOptimizer = (checkpoint: string, state: Record<string, Buffer>) =>
  writeTorchFile(
    join(checkpoint, 'optimizer.pt'),
    py.record({
      state: py.dict([[py.int(0), py.record(state)]]),
      param_groups: py.list([py.record({ params: py.list([py.int(0)]) })]),
    }),
    new Map([['0', 4]]),
    [['0', new Float32Array(1)]],
  );

type Fault = [what: string, spoil: (checkpoint: string) => void | Promise<void>, sentence: RegExp, set?: string];
const FAULTS: Fault[] = [
  ['without an optimizer', (at) => rmSync(join(at, 'optimizer.pt')), /has no optimizer\.pt \(save_only_model leaves/],
  ['of DeepSpeed', (at) => void mkdirSync(join(at, 'global_step3')), /DeepSpeed .* \(global_step3\)/],
  ['of FSDP', (at) => void mkdirSync(join(at, 'pytorch_model_fsdp_0')), /FSDP .* \(pytorch_model_fsdp_0\)/],
  ['of FSDP in one piece', (at) => writeFileSync(join(at, 'optimizer.bin'), ''), /FSDP .* \(optimizer\.bin\)/],
  [
    'with an 8-bit optimizer',
    (at) => otherOptimizer(at, { step: py.int(3), state1: py.tensor('0', [1]), qmap1: py.tensor('0', [1]) }),
    /optimizer\.pt: This is the state of an 8-bit optimizer, which is not read; only that of AdamW in full is/,
  ],
  [
    'with another optimizer',
    (at) => otherOptimizer(at, { momentum_buffer: py.tensor('0', [1]) }),
    /optimizer\.pt: This is not the state of AdamW \(it keeps momentum_buffer\)/,
  ],
  [
    'of fewer tensors',
    (at) => otherOptimizer(at, { step: py.int(3), exp_avg: py.tensor('0', [1]), exp_avg_sq: py.tensor('0', [1]) }),
    /The optimizer has 1 tensors, but the model of the run config trains \d+/,
  ],
  [
    'in the middle of a step',
    () => {},
    /saved this checkpoint after 3 updates, in the middle of a step, which has 2/,
    'numIterations=2',
  ],
  ['of another model', () => {}, /of another model/, `model=${referenceModel('qwen3')}`],
  ['of no adapter, for a config with one', () => {}, /trained with "lora": null/, 'lora={}'],
  ['of a run here', (at) => writeFileSync(join(at, 'trainer_state.json'), '{"version":1}'), /is one of our own/],
  ['without a state', (at) => rmSync(join(at, 'trainer_state.json')), /no checkpoint of TRL's trainer/],
  ['that is not one but has some', (at) => void mkdirSync(join(at, 'checkpoint-10')), /such as .*checkpoint-10$/m],
];

describe('a checkpoint that cannot be continued is refused in one sentence:', () => {
  test('all of them', async () => {
    const { folder, checkpoint, config } = await withCheckpoint();
    const whole = join(folder, 'whole');
    cpSync(checkpoint, whole, { recursive: true });
    for (const [what, spoil, sentence, set] of FAULTS) {
      rmSync(checkpoint, { recursive: true });
      cpSync(whole, checkpoint, { recursive: true });
      await spoil(checkpoint);
      const args = ['import', 'checkpoint', checkpoint, config, '--out', join(folder, 'imported')];
      const { status, stderr } = await grpo([...args, ...(set ? ['--set', set] : [])]);
      expect(status, `${what}: ${stderr}`).toBe(2);
      expect(stderr, what).toMatch(sentence);
      expect(stderr.trimEnd().split('\n'), what).toHaveLength(1);
    }
    const stages = ['--set', 'stages=[{"kind":"grpo","maxSteps":3}]', '--set', 'maxSteps=3'];
    const { status, stderr } = await grpo(['import', 'checkpoint', whole, config, ...stages]);
    expect([status, stderr]).toEqual([2, expect.stringContaining('run with stages cannot begin in the middle of one')]);
  });

  test('an adapter with parts that we do not train', async () => {
    const { folder, checkpoint, config } = await withCheckpoint({ lora: { r: 2 } });
    const file = join(checkpoint, 'adapter_config.json');
    const imported = () => grpo(['import', 'checkpoint', checkpoint, config, '--out', join(folder, 'imported')]);
    for (const [field, value, sentence] of [
      ['bias', 'all', /"bias" is "all": this adapter's training also changes biases/],
      ['lora_bias', true, /"lora_bias" is set, which is not supported/],
      ['r', 4, /trained with "lora": \{"r":4,/],
    ] as const) {
      const before = readFileSync(file);
      edit(file, (json) => Object.assign(json, { [field]: value }));
      const { status, stderr } = await imported();
      expect([status, stderr]).toEqual([2, expect.stringMatching(sentence)]);
      writeFileSync(file, before);
    }
    edit(file, (json) =>
      Object.assign(json, { lora_dropout: 0.1, base_model_name_or_path: 'somebody/model-of-the-hub' }),
    );
    const { status, stderr } = await imported();
    expect(status, stderr).toBe(0);
    expect(stderr).toContain('with a dropout of 0.1; here there is none');
  });
});

test('what does not go on as it was is said, and the run resumes', async () => {
  const { folder, checkpoint, config } = await withCheckpoint({ saveSteps: 2 });
  const run = join(folder, 'imported');
  const set = ['--set', 'learningRate=2e-3', '--set', 'adamBeta2=0.99'];
  const [imported] = await grpoJson<{ notes: string[] }>(
    'import',
    'checkpoint',
    checkpoint,
    config,
    '--out',
    run,
    ...set,
  );
  expect(imported).toEqual({
    ...{ run, step: 3 },
    notes: [
      '"learningRate" was 0.001 there, and is 0.002 in the run config: that applies from now on.',
      '"adamBeta2" was 0.999 there, and is 0.99 in the run config: that applies from now on.',
      'Random numbers are others from here on, and so is the order of prompts ("shuffleDataset").',
      'It has taken 3 steps, and "maxSteps" is 3: raise that to train on.',
    ],
  });
  const resumed = await grpo(['train', config, '--resume', '--out', run, ...set, '--set', 'maxSteps=4']);
  expect(resumed.status, resumed.stderr).toBe(0);
  expect(readRunInfo(run)).toMatchObject({ state: 'done', step: 4 });
  const again = await grpo(['import', 'checkpoint', checkpoint, config, '--out', run]);
  expect([again.status, again.stderr]).toEqual([2, expect.stringContaining(run)]);
});

test('only a checkpoint whose run says how it was trained is exported for TRL', async () => {
  const { folder } = await withCheckpoint();
  const model = referenceModel('qwen3');
  const { status, stderr } = await grpo(['export', model, '--format', 'trl', '--to', join(folder, 'out')]);
  expect([status, stderr]).toEqual([2, expect.stringContaining("only a checkpoint in a run's folder")]);
});
