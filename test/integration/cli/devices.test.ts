/** Devices that cannot be used, which every machine has: said before anything is loaded. */
import { chmodSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { expect, test } from 'vitest';
import { tinyWorkspace } from '../training/workspace.ts';
import { grpo, temporaryFolder } from './run-grpo.ts';

const onLinux = process.platform === 'linux';
/** What a machine without a driver sees. */
const withoutDrivers = { ...process.env, VK_DRIVER_FILES: '/nowhere.json', VK_ICD_FILENAMES: '/nowhere.json' };

/** A PATH with an nvidia-smi that reports a GPU of this size. */
function withGpuOf(mebibytes: number): NodeJS.ProcessEnv {
  const folder = temporaryFolder();
  const script = join(folder, 'nvidia-smi');
  writeFileSync(script, `#!/bin/sh\necho 'Tiny GPU, ${mebibytes}'\n`);
  chmodSync(script, 0o755);
  return { ...withoutDrivers, PATH: [folder, process.env.PATH].join(delimiter) };
}

const train = (config: object, env: NodeJS.ProcessEnv) =>
  grpo(['train', join(tinyWorkspace(config), 'run.grpo.json')], { env });

test.runIf(onLinux)('a GPU without a driver is bad input, with what to install', async () => {
  const { status, stderr } = await train({ device: 'webgpu' }, withoutDrivers);
  expect(stderr).toMatch(/run\.grpo\.json:1:\d+: "webgpu" cannot be used here: no GPU .*libvulkan1.*"auto" or "cpu"/);
  expect(status).toBe(2);
});

test('float16 on a device that has none is bad input, with what to set', async () => {
  const refused = async (config: object) => {
    const { status, stderr } = await train({ fp16: true, ...config }, withoutDrivers);
    expect(status).toBe(2);
    return stderr;
  };
  const needs = /run\.grpo\.json:1:\d+: "fp16" needs a GPU that computes in float16/;
  const advice = /; set "fp16" to false, or "device" to "webgpu"\.$/m;
  for (const device of ['cpu', 'tensorflow', 'auto']) {
    const stderr = await refused({ device });
    expect(stderr).toMatch(needs);
    expect(stderr).toMatch(advice);
    expect(stderr).toContain(
      device === 'auto' ? '"auto" took the CPU (a model of 0.' : `"${device}" computes in float32`,
    );
  }
});

test.runIf(onLinux)('a model that does not fit on the GPU is told so by its size, before it is loaded', async () => {
  const { status, stderr } = await train({ device: 'webgpu' }, withGpuOf(0));
  expect(stderr).toMatch(/weights, gradients and AdamW's moments take .* GB, and the Tiny GPU has 0\.0 GB; "lora"/);
  expect(status).toBe(2);
});

test('a small model stays on the CPU, which the run says', async () => {
  const { status, stderr } = await train({ maxSteps: 1 }, withoutDrivers);
  expect(stderr).toMatch(/On cpu: a model of 0\.\d million parameters is faster there than on a GPU/);
  expect(status).toBe(0);
});

test.runIf(onLinux)('doctor says which devices work and how to get the others', async () => {
  const { status, stdout } = await grpo(['doctor'], { env: withoutDrivers });
  expect(stdout).toMatch(/device cpu +works: two 1024 × 1024 matrices multiplied in \d+\.\d ms/);
  expect(stdout).toMatch(/device webgpu +does not work: no GPU .*; install the GPU's Vulkan driver/);
  expect(status).toBe(0);
});

test.each(['generate', 'logprobs'])('%s knows its devices', async (command) => {
  const { status, stderr } = await grpo([
    command,
    'model',
    ...(command === 'generate' ? ['--prompt', 'x'] : ['f']),
    '--device',
    'gpu',
  ]);
  expect(stderr).toMatch(/--device must be one of auto, cpu, webgpu, tensorflow, not "gpu"/);
  expect(status).toBe(2);
});
