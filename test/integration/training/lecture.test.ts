/** CS336's lecture on policy gradients: its model, trained from recorded responses, against PyTorch (test/references/lecture.py). */
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'jsonc-parser';
import { describe, expect, test } from 'vitest';
import type { TrainerEvent } from '../../../src/protocol/events.ts';
import { RunControl } from '../../../src/trainer/control.ts';
import { distance, norm, readTensors } from './trl-run.ts';
import { metricsOf, REFERENCES, readJson, runGrpo, trainHere, workspace } from './workspace.ts';

const FOLDER = join(REFERENCES, 'fixtures/lecture');
const SAMPLE = join(import.meta.dirname, '../../../sample-workspace/lecture');
const cases = readJson<Record<string, { config: object; losses: number[] }>>(FOLDER, 'cases.json');

/** The lecture's files, and a run config with some fields of its own. */
function lecture(
  fields: object,
  rewards: (string | object)[] = ['digits.reward.ts#inclusion', 'digits.reward.ts#ordering'],
) {
  const folder = workspace({ 'run.grpo.json': { model: 'model', dataset: 'prompts.jsonl', rewards, ...fields } });
  for (const name of ['model', 'prompts.jsonl', 'digits.reward.ts'])
    cpSync(join(SAMPLE, name), join(folder, name), { recursive: true });
  return { folder, configFile: join(folder, 'run.grpo.json') };
}

describe('four epochs of ten updates equal PyTorch', () => {
  test.for(Object.entries(cases))('%s', async ([name, { config, losses }]) => {
    const { folder, configFile } = lecture(config, []);
    const { result } = await trainHere(configFile, {
      rollouts: join(FOLDER, 'rollouts.jsonl'),
      out: join(folder, 'run'),
    });
    const start = readTensors(join(SAMPLE, 'model/model.safetensors'));
    const reached = readTensors(join(result.checkpoint!, 'model.safetensors'));
    const wanted = readTensors(join(FOLDER, `${name}.safetensors`));
    expect([...reached.keys()].sort()).toEqual([...wanted.keys()].sort());
    for (const [tensor, theirs] of wanted) {
      expect(distance(reached.get(tensor)!, theirs) / norm(theirs), tensor).toBeLessThan(1e-5);
      expect(distance(start.get(tensor)!, theirs) / norm(theirs), `${tensor} moved`).toBeGreaterThan(1e-3);
    }
    metricsOf(result.run).forEach(({ loss }, epoch) => {
      expect(loss).toBeCloseTo(losses[epoch]!, 4);
    });
  });
});

const EPOCHS = { ...cases['reinforce-normalized']!.config, maxSteps: 6, saveSteps: 3 };

test('a run that was stopped and resumed ends with the same weights, to the bit', async () => {
  const { folder, configFile } = lecture(EPOCHS);
  const whole = await trainHere(configFile, { out: join(folder, 'whole') });
  const control = new RunControl();
  const onEvent = (event: TrainerEvent) => {
    if (event.type === 'step' && event.step === 3) control.stop();
  };
  const out = join(folder, 'parts');
  const first = await trainHere(configFile, { out, control, onEvent });
  expect(first.result.step).toBeLessThan(6);
  const resumed = await trainHere(configFile, { out, resume: true });
  const weights = ({ result }: typeof whole) => readFileSync(join(result.checkpoint!, 'model.safetensors'));
  expect(resumed.result.step).toBe(6);
  expect(weights(resumed).equals(weights(whole))).toBe(true);
});

describe('what the model cannot do is refused', () => {
  test.for([
    ['an adapter', { lora: { r: 2 } }, 'has nothing to adapt in a model of positions; set "lora" to null'],
    ['a GPU', { device: 'webgpu' }, 'a model of positions runs on the CPU only; set it to "auto" or "cpu"'],
    ['a longer response', { maxCompletionLength: 4 }, "is beyond the model's context of 6"],
  ] as const)('%s', async ([, fields, message]) => {
    const { configFile } = lecture({ ...EPOCHS, ...fields });
    const { status, stderr } = await runGrpo('train', configFile);
    expect(stderr).toContain(message);
    expect(status).toBe(2);
  });

  test('a prompt of another length, at its row', async () => {
    const { configFile, folder } = lecture({ ...EPOCHS, dataset: 'others.jsonl' });
    writeFileSync(join(folder, 'others.jsonl'), '{"prompt":"102"}\n{"prompt":"10"}\n{"prompt":"213"}\n');
    const { status, stderr } = await runGrpo('train', configFile);
    expect(stderr).toContain('This prompt has 2 tokens, and the model takes prompts of 3 tokens only.');
    expect(stderr).toContain('others.jsonl:2');
    expect(status).toBe(2);
  });

  test('a GGUF file', async () => {
    const { folder } = lecture(EPOCHS);
    const { status, stderr } = await runGrpo('export', join(folder, 'model'), '--to', join(folder, 'model.gguf'));
    expect(stderr).toContain('the model cannot be exported as GGUF: PositionsModel is not written to GGUF files');
    expect(status).toBe(2);
  });
});

test('a model folder generates, and its log-probabilities are read', async () => {
  const { folder } = lecture(EPOCHS);
  const { status, stdout } = await runGrpo('generate', join(folder, 'model'), '--prompt', '102', '--greedy');
  expect(status).toBe(0);
  expect(stdout).toContain('403\n');
});

describe("the lecture's warnings", () => {
  const { rewards: _, ...sample } = parse(readFileSync(join(SAMPLE, 'lecture.grpo.json'), 'utf8'));
  const train = async (fields: object, rewards: (string | object)[]) => {
    const { folder, configFile } = lecture({ ...sample, ...fields }, rewards);
    const { result } = await trainHere(configFile, { out: join(folder, 'run') });
    return { run: result.run, weights: readTensors(join(result.checkpoint!, 'model.safetensors')) };
  };

  test('equal rewards move a policy that is weighted by rewards, and no other', async () => {
    const rewards = ['digits.reward.ts#equal'];
    const start = readTensors(join(SAMPLE, 'model/model.safetensors'));
    const [raw, centered] = [
      await train({ maxSteps: 10, baseline: 'none' }, rewards),
      await train({ maxSteps: 10, scaleRewards: 'none' }, rewards),
    ];
    for (const [tensor, values] of start) {
      expect(centered.weights.get(tensor)).toEqual(values);
      expect(distance(raw.weights.get(tensor)!, values) / norm(values)).toBeGreaterThan(0.01);
    }
    const entropies = metricsOf(raw.run).map(({ entropy }) => entropy as number);
    expect(entropies.at(-1)).toBeLessThan(0.9 * entropies[0]!);
  });

  test('partial credit for what is not the task ends below credit for each position', async () => {
    const measured = { file: 'digits.reward.ts', function: 'sorted', weight: 0 };
    const sorted = async (...names: string[]) => {
      const functions = names.map((name) => `digits.reward.ts#${name}`);
      const { run } = await train({ temperature: 8, scaleRewards: 'none', seed: 1 }, [...functions, measured]);
      return metricsOf(run).at(-1)!;
    };
    const partial = await sorted('inclusion', 'ordering');
    const exact = await sorted('distance');
    expect(partial['rewards/sorted/mean']).toBeLessThan(0.4);
    expect(exact['rewards/sorted/mean']).toBeGreaterThan(0.6);
    // Nothing is left that could lead out of it.
    expect(partial.frac_reward_zero_std).toBe(1);
    expect(partial.reward).toBeLessThan(4.5);
  });
});
