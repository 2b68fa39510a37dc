/** Options that only TRL has: the real TRL takes the arguments that they come to, and those that a CPU can do leave a step as it was. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { runConfigSchema } from '../../../src/protocol/run-config.ts';
import { SET_OTHERWISE, TRL_ARGUMENTS } from '../../../src/protocol/trl-arguments.ts';
import { trlFieldNames, trlOptions, vllmFieldNames } from '../../../src/protocol/trl-config.ts';
import { snakeCase } from '../../../src/text/snake-case.ts';
import { translate } from '../../../src/trl/fields.ts';
import { quantizationArgs } from '../../../src/trl/options.ts';
import { loraArgs } from '../../../src/trl/rewards.ts';
import { grpo } from '../cli/run-grpo.ts';
import { ROOT, runWarmPython, SAMPLES, temporaryFolder, trlMissing } from './python.ts';

const config = (fields: object) =>
  runConfigSchema.parse({ model: 'm', dataset: 'd.jsonl', rewards: ['r.reward.ts'], ...fields });

const SMALL = {
  promptsPerStep: 4,
  numGenerations: 4,
  maxSteps: 2,
  maxCompletionLength: 8,
  evalPrompts: 2,
  maxRows: 40,
};

/** What is trained, and what of it is compared with the first. */
const TRAINED = [
  { trl: null },
  { trl: { gradientCheckpointing: false } },
  { trl: { perDeviceTrainBatchSize: 2 } },
  { trl: { attnImplementation: 'eager', args: { log_level: 'error', dataloader_num_workers: 0 } } },
  { trl: { bf16: true } },
  { trl: { vllm: {}, useLigerKernel: true } },
];

const CONSTRUCTED: object[] = [
  {
    trl: {
      ...{ gradientCheckpointing: false, useLigerKernel: true, attnImplementation: 'sdpa', dtype: 'bfloat16' },
      vllm: {
        ...{ mode: 'server', serverBaseUrl: 'http://node7:8000', serverHost: 'node7', serverPort: 8001 },
        ...{ serverTimeout: 10, groupPort: 51217, importanceSamplingMode: 'token_truncate' },
        ...{ importanceSamplingClipMax: 2, importanceSamplingClipMin: 0.5, importanceSamplingCorrection: true },
      },
      args: { optim: 'adamw_torch', ddp_timeout: 90, model_init_kwargs: { revision: 'main' }, repetition_penalty: 1.1 },
    },
    minCompletionLength: 2,
  },
  {
    trl: {
      processes: 4,
      vllm: { gpuMemoryUtilization: 0.5, tensorParallelSize: 2, maxModelLength: 4096, enableSleepMode: true },
    },
  },
  { trl: { quantization: '4bit' }, lora: { r: 4, targetModules: 'all-linear' } },
  { trl: { quantization: '4bit', fsdp: true, processes: 2, dtype: 'bfloat16' }, lora: {} },
  { trl: { quantization: '8bit' }, lora: {} },
];

test.skipIf(trlMissing)('the real TRL takes what the options come to', async () => {
  const folder = temporaryFolder();
  const set = (fields: object) =>
    Object.entries(fields).flatMap(([name, value]) => ['--set', `${name}=${JSON.stringify(value)}`]);
  const folders = TRAINED.map((_, index) => join(folder, String(index)));
  for (const [index, fields] of TRAINED.entries()) {
    const args = ['export', 'trl', join(SAMPLES, 'sort.grpo.json'), '--out', folders[index]!];
    const { status, stderr } = await grpo([...args, ...set({ ...SMALL, ...fields })]);
    expect(status, stderr).toBe(0);
  }
  const configs = CONSTRUCTED.map((fields) => {
    const complete = config(fields);
    const quantization = quantizationArgs(complete);
    return { args: translate(complete).args, quantization, lora: loraArgs(complete) };
  });
  writeFileSync(join(folder, 'cases.json'), JSON.stringify({ folders, configs }));
  const { stdout, stderr } = await runWarmPython([join(ROOT, 'test/references/trl_options.py'), 'cases.json'], folder);
  const found = JSON.parse(stdout.trim().split('\n').at(-1) || `"${stderr.slice(-3000)}"`);

  // Constructed: what GRPOConfig has is what was said.
  expect(found.configs).toEqual(configs.map(({ args }) => args));

  // Every argument of GRPOConfig is passed on or refused, and defaults are the same.
  const ours = new Set([
    ...[...TRL_ARGUMENTS, ...Object.keys(SET_OTHERWISE)],
    ...[...Object.keys(config({})), ...trlFieldNames].map(snakeCase),
    ...vllmFieldNames.map((name) => `vllm_${snakeCase(name)}`),
  ]);
  const theirs = Object.keys(found.arguments);
  expect(theirs.filter((name) => !ours.has(name))).toEqual([]);
  expect([...TRL_ARGUMENTS, ...Object.keys(SET_OTHERWISE)].filter((name) => !theirs.includes(name))).toEqual([]);
  const { vllm, gradientCheckpointing, useLigerKernel } = trlOptions(config({ trl: { vllm: {} } }));
  expect({ gradientCheckpointing, useLigerKernel }).toEqual({
    gradientCheckpointing: found.arguments.gradient_checkpointing,
    useLigerKernel: found.arguments.use_liger_kernel,
  });
  for (const [name, value] of Object.entries(vllm!)) expect(found.arguments[`vllm_${snakeCase(name)}`]).toBe(value);

  // Trained: the same weights but for rounding; in bfloat16, other completions; nothing without the GPU that it takes.
  const [, ...others] = found.differences;
  const [unchecked, inParts, eager, half, refused] = others;
  expect(unchecked).toBeLessThan(1e-4);
  expect(inParts).toBeLessThan(1e-3);
  expect(eager).toBeLessThan(1e-3);
  expect(half).toBeGreaterThan(1e-2);
  expect(refused).toBe(
    'SystemExit: "trl.vllm" and "trl.useLigerKernel" in the run config need a GPU, and PyTorch finds none.',
  );
});
