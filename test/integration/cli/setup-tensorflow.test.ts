/** What `grpo setup-tensorflow` says of a machine that lacks something, before it downloads anything. `.ci/run` sets it up for real. */
import { chmodSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { grpo, temporaryFolder } from './run-grpo.ts';

/** A program that says it is an interpreter and has TensorFlow in `folder`. */
function pythonWith(folder: string): string {
  const file = join(temporaryFolder(), 'python');
  writeFileSync(file, `#!/bin/sh\necho "$0"\necho "${folder}"\n`);
  chmodSync(file, 0o755);
  return file;
}

function tensorflowFolder(version: string, files: string[]): string {
  const folder = join(temporaryFolder(), 'tensorflow');
  mkdirSync(join(folder, 'include'), { recursive: true });
  mkdirSync(join(folder, '..', `tensorflow_cpu-${version}.dist-info`));
  for (const file of files) writeFileSync(join(folder, file), '');
  return folder;
}

const libraries = {
  linux: ['libtensorflow_cc.so.2', 'libtensorflow_framework.so.2'],
  darwin: ['libtensorflow_cc.2.dylib', 'libtensorflow_framework.2.dylib'],
}[process.platform as string];

describe.skipIf(libraries === undefined)('bad input', () => {
  test.each([
    ['no such interpreter', () => ['--python', '/nowhere/python'], /^\/nowhere\/python cannot be run as a Python/],
    ['no TensorFlow', () => ['--python', pythonWith('')], /has no TensorFlow: `pip install tensorflow\[and-cuda\]`/],
    [
      'a TensorFlow that is too old',
      () => ['--python', pythonWith(tensorflowFolder('2.9.3', [libraries![1]!]))],
      /^The TensorFlow 2\.9\.3 in .* cannot be built against, because it has no libtensorflow_cc.*install 2\.12 or newer/,
    ],
    ['both ways at once', () => ['--python', 'python3', '--prebuilt'], /^Give either --python PATH or --prebuilt\./],
  ])('%s', async (_, args, sentence) => {
    const into = join(temporaryFolder(), 'engine');
    const { status, stdout, stderr } = await grpo(['setup-tensorflow', ...args(), '--into', into]);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toMatch(sentence);
    expect(existsSync(into) || existsSync(`${into}.partial`)).toBe(false);
  });

  test('no compiler', async () => {
    const python = pythonWith(tensorflowFolder('2.21.0', libraries!));
    const env = { ...process.env, CXX: 'no-such-compiler' };
    const { status, stderr } = await grpo(['setup-tensorflow', '--python', python, '--into', temporaryFolder()], {
      env,
    });
    expect({ status, stderr }).toEqual({
      status: 2,
      stderr: expect.stringMatching(/^There is no C\+\+ compiler here/),
    });
  });

  test("a folder with someone's files", async () => {
    const into = temporaryFolder();
    writeFileSync(join(into, 'thesis.txt'), 'all of it');
    const { status, stderr } = await grpo(['setup-tensorflow', '--prebuilt', '--into', into]);
    expect({ status, stderr }).toEqual({ status: 2, stderr: expect.stringContaining('has other files in it') });
    expect(existsSync(join(into, 'thesis.txt'))).toBe(true);
  });
});

test.runIf(process.platform === 'linux')('a place that cannot be written is named, with what to do', async () => {
  const into = '/proc/nowhere/engine';
  const { status, stdout, stderr } = await grpo(['setup-tensorflow', '--prebuilt', '--into', into]);
  expect({ status, stdout, stderr }).toEqual({
    status: 1,
    stdout: '',
    stderr: `${into} cannot be written: no folder can be made there. Choose another folder with --into.\n`,
  });
});

test('a run on tensorflow says how to get it where it is not', async () => {
  const env = { ...process.env, GRPO_TENSORFLOW: temporaryFolder() };
  const run = ['train', 'sample-workspace/sort.grpo.json', '--set', 'device=tensorflow'];
  const { status, stderr } = await grpo(run, { env });
  expect(status).toBe(2);
  expect(stderr).toMatch(/There is no tfjs-node in .*GRPO: Set Up TensorFlow Engine/);
});

test('a tfjs-node of another version is refused', async () => {
  const folder = temporaryFolder();
  const own = join(folder, 'node_modules/@tensorflow/tfjs-node');
  mkdirSync(own, { recursive: true });
  writeFileSync(join(own, 'package.json'), JSON.stringify({ name: '@tensorflow/tfjs-node', version: '3.21.0' }));
  const env = { ...process.env, GRPO_TENSORFLOW: folder };
  const run = ['train', 'sample-workspace/sort.grpo.json', '--set', 'device=tensorflow'];
  const { status, stderr } = await grpo(run, { env });
  expect(status).toBe(2);
  expect(stderr).toMatch(/is 3\.21\.0, but this version of GRPO Lab needs 4\.22\.0/);
});
