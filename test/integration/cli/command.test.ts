import { fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, cpSync, existsSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { GRPO, grpo, jsonlFile, referenceModel, temporaryFolder } from './run-grpo.ts';

interface Diagnosis {
  trl: { works: boolean };
  version: string;
  node: string;
  devices: { name: string; works: boolean; detail: string }[];
  engines: Record<string, string>;
  python: { path: string; version: string } | null;
  advice: string[];
}

const manifest = JSON.parse(readFileSync(join(import.meta.dirname, '../../../package.json'), 'utf8'));

it('helps', async () => {
  const { status, stdout } = await grpo(['--help']);
  expect(status).toBe(0);
  for (const command of ['train', 'score', 'rescore', 'generate', 'samples', 'logprobs', 'eval', 'bench', 'doctor'])
    expect(stdout).toMatch(new RegExp(`^  ${command} `, 'm'));
  expect((await grpo(['generate', '--help'])).stdout).toContain('--max-tokens N');
});

it('tells its version', async () => {
  expect(await grpo(['--version'])).toEqual({ status: 0, stdout: `${manifest.version}\n`, stderr: '' });
});

it('ends quietly when nobody reads on', async () => {
  const { folder } = referenceModel('qwen3');
  const prompts = jsonlFile(Array.from({ length: 40 }, () => ({ prompt: 'a' })));
  const child = spawn(process.execPath, [
    GRPO,
    'generate',
    folder,
    '--prompts',
    prompts,
    '--max-tokens',
    '4',
    '--json',
  ]);
  let stderr = '';
  child.stderr.on('data', (text) => {
    stderr += text;
  });
  child.stdout.destroy();
  const [status] = await once(child, 'close');
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
});

it.skipIf(!existsSync('/dev/full'))('says so when its output cannot be written', async () => {
  const full = openSync('/dev/full', 'w');
  const child = spawn(process.execPath, [GRPO, '--version'], { stdio: ['ignore', full, 'pipe'] });
  closeSync(full);
  let stderr = '';
  child.stderr!.on('data', (text) => {
    stderr += text;
  });
  const [status] = await once(child, 'close');
  expect(status).toBe(1);
  expect(stderr).toBe('The output cannot be written (ENOSPC: no space left on device, write).\n');
});

it('says what is wrong also when the process that started it is gone', async () => {
  const child = fork(GRPO, ['train', 'missing.grpo.json'], {
    execArgv: ['--import', 'data:text/javascript,process.disconnect?.()'], // threads have none
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
  let stderr = '';
  child.stderr!.on('data', (text) => {
    stderr += text;
  });
  const [status] = await once(child, 'close');
  expect(status).toBe(2);
  expect(stderr).toMatch(/^The run config .*missing\.grpo\.json does not exist\.\n$/);
});

it('finds out what works here', async () => {
  // As on a machine where neither TensorFlow nor TRL was set up.
  const places = { GRPO_TENSORFLOW: temporaryFolder(), GRPO_STORAGE: temporaryFolder(), PATH: '' };
  // The repository may have an environment that .ci/run has made.
  const cwd = temporaryFolder();
  const { stdout } = await grpo(['doctor', '--json'], { cwd, env: { ...process.env, ...places } });
  const diagnosis = JSON.parse(stdout) as Diagnosis;
  expect(diagnosis).toMatchObject({ version: manifest.version, node: process.versions.node });
  expect(diagnosis.devices.map(({ name, works }) => [name, works])).toEqual([
    ['cpu', true],
    ['webgpu', false],
    ['tensorflow', false],
    ['cuda', false],
  ]);
  expect(diagnosis.devices.at(-2)!.detail).toContain('GRPO: Set Up TensorFlow Engine');
  expect(diagnosis.devices.at(-1)!.detail).toContain('GRPO: Set Up TRL');
  expect(diagnosis.trl).toMatchObject({ works: false, environment: null, detail: expect.stringMatching(/^not found/) });
  expect(diagnosis.engines).toMatchObject({
    'onnxruntime-node': manifest.dependencies['onnxruntime-node'],
    '@tensorflow/tfjs-core': manifest.dependencies['@tensorflow/tfjs-core'],
  });
});

it('says how to get Python where there is none', async () => {
  const { status, stdout } = await grpo(['doctor', '--json'], { env: { PATH: '' } });
  const { python, advice } = JSON.parse(stdout) as Diagnosis;
  expect({ status, python }).toEqual({ status: 0, python: null });
  expect(advice.join()).toContain('install Python');
});

it('says what is wrong where the engine cannot be loaded', async () => {
  // Without node_modules near it, the command finds no native module.
  const folder = temporaryFolder();
  cpSync(join(GRPO, '..'), folder, { recursive: true });
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
  const alone = (...args: string[]) => grpo(args, {}, join(folder, 'grpo.js'));
  const { status, stdout } = await alone('doctor', '--json');
  const { devices, advice } = JSON.parse(stdout) as Diagnosis;
  expect(status).toBe(1);
  expect(devices).toEqual([{ name: 'cpu', works: false, detail: expect.stringContaining('onnxruntime-node') }]);
  expect(advice.join()).toContain('reinstall the package');
  expect((await alone('--help')).status).toBe(0);
});
