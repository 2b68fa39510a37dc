/** Which Python runs TRL, and what is said of one that cannot: interpreters here are scripts that answer as Python would. */
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import type { BadInput } from '../../../src/protocol/errors.ts';
import type { AskedPython } from '../../../src/trl/ask-python.ts';
import { CHECKED, compareVersions } from '../../../src/trl/packages.ts';
import { findEnvironment, MARK, pythonIn } from '../../../src/trl/python-environment.ts';

const { peft: _, ...WITHOUT_PEFT } = CHECKED;

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'grpo-python-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  mkdirSync(join(folder, 'bin'));
  mkdirSync(join(folder, 'project'));
  vi.stubEnv('PATH', join(folder, 'bin'));
  vi.stubEnv('GRPO_STORAGE', join(folder, 'storage'));
  onTestFinished(() => void vi.unstubAllEnvs());
});

/** An interpreter with these packages. */
function python(path: string, versions: AskedPython['versions'], own: Partial<AskedPython> = {}): string {
  const file = join(folder, path);
  mkdirSync(dirname(file), { recursive: true });
  const answer = { python: file, version: '3.12.1', managed: false, versions, ...own };
  writeFileSync(file, `#!/bin/sh\necho '${JSON.stringify(answer)}'\n`);
  chmodSync(file, 0o755);
  return file;
}

function setUp(versions: AskedPython['versions'], complete: boolean): string {
  const file = python(pythonIn('storage/trl'), versions);
  writeFileSync(join(folder, 'storage/trl', MARK), JSON.stringify({ complete }));
  return file;
}

const find = (given: string | null = null, packages: ('peft' | 'vllm')[] = []) =>
  findEnvironment({ folder: join(folder, 'project'), python: given, at: { file: 'a.grpo.json', line: 3 }, packages });
const problem = (...args: Parameters<typeof find>) =>
  find(...args).then(
    () => expect.unreachable(),
    (error: BadInput) => error.problem,
  );

describe.skipIf(process.platform === 'win32')('which one', () => {
  test('the config’s before all others, then that of set-up, the editor’s, the workspace’s, and the PATH’s', async () => {
    const path = python('bin/python3', CHECKED);
    expect(await find()).toMatchObject({ python: path, namedBy: 'path', versions: CHECKED });
    const workspace = python(pythonIn('.venv'), CHECKED);
    expect(await find()).toMatchObject({ python: workspace, namedBy: 'workspace' });
    const editor = python('conda/python', CHECKED);
    vi.stubEnv('GRPO_PYTHON', editor);
    expect(await find()).toMatchObject({ python: editor, namedBy: 'editor' });
    const own = setUp(CHECKED, true);
    expect(await find()).toMatchObject({ python: own, namedBy: 'set-up' });
    const configured = python('mine/python', CHECKED);
    expect(await find(configured)).toMatchObject({ python: configured, namedBy: 'config' });
  });

  test('one that has all it takes before one that lacks something', async () => {
    python(pythonIn('.venv'), WITHOUT_PEFT);
    const path = python('bin/python3', CHECKED);
    expect((await find()).namedBy).toBe('workspace');
    expect((await find(null, ['peft'])).python).toBe(path);
  });

  test('not one whose set-up was interrupted', async () => {
    setUp(CHECKED, false);
    const path = python('bin/python3', CHECKED);
    expect((await find()).python).toBe(path);
  });

  test('an older or newer TRL than was checked is used, with a note', async () => {
    python('bin/python3', { ...CHECKED, trl: '1.16.2' });
    expect((await find()).note).toBeUndefined();
    python('bin/python3', { ...CHECKED, trl: '1.17.0.dev0' });
    expect((await find()).note).toMatch(/^TRL 1\.17\.0\.dev0 of .*python3 is newer than 1\.16, with which/);
    python('bin/python3', { ...CHECKED, trl: '1.9.2' });
    expect((await find()).note).toMatch(/is older than 1\.16.*-m pip install trl==1\.16\.0`/);
  });
});

describe.skipIf(process.platform === 'win32')('none', () => {
  const REMEDY = { action: 'set-up-trl' };

  test('no Python at all', async () => {
    const message =
      'There is no Python with TRL here, and neither python3 nor python can be run. Run "GRPO: Set Up TRL" (`grpo setup-trl`).';
    expect(await problem()).toMatchObject({ message, remedy: REMEDY, place: undefined });
  });

  test("the config's cannot be run: at its place", async () => {
    python('bin/python3', CHECKED);
    expect(await problem('/nowhere/python')).toMatchObject({
      message: expect.stringMatching(/^The Python interpreter \/nowhere\/python cannot be run; set "python"/),
      place: { file: 'a.grpo.json', line: 3 },
    });
  });

  test("the config's lacks packages: no other is looked at", async () => {
    setUp(CHECKED, true);
    const configured = python('mine/python', WITHOUT_PEFT);
    expect(await problem(configured, ['peft'])).toMatchObject({
      message: `The Python environment of ${configured} lacks peft. Remove "python" from the run config. Run "GRPO: Set Up TRL" (\`grpo setup-trl\`). Or run \`${configured} -m pip install peft==0.21.2\`.`,
      place: { file: 'a.grpo.json', line: 3 },
      remedy: REMEDY,
    });
  });

  test('packages are missing: of the Python that has most of them', async () => {
    const venv = python(pythonIn('.venv'), WITHOUT_PEFT);
    python('bin/python3', {});
    expect(await problem(null, ['peft'])).toMatchObject({
      message: `The Python environment of ${venv} lacks peft. Run "GRPO: Set Up TRL" (\`grpo setup-trl\`). Or run \`${venv} -m pip install peft==0.21.2\`.`,
      remedy: REMEDY,
    });
  });

  test("into the system's Python, or an old one, pip installs nothing, nor into one for something else", async () => {
    const { trl: _trl, ...withoutTrl } = CHECKED;
    const lacks = / lacks trl\. Run "GRPO: Set Up TRL" \(`grpo setup-trl`\)\.$/;
    python('bin/python3', withoutTrl, { managed: true });
    expect((await problem()).message).toMatch(lacks);
    python('bin/python3', withoutTrl, { version: '3.9.2' });
    expect((await problem()).message).toMatch(lacks);
    python('bin/python3', {});
    expect((await problem()).message).toMatch(
      /, accelerate and datasets\. Run "GRPO: Set Up TRL" \(`grpo setup-trl`\)\.$/,
    );
  });

  test('TRL is too old', async () => {
    python('bin/python3', { ...CHECKED, trl: '0.29.1' });
    expect((await problem()).message).toMatch(
      /python3 has TRL 0\.29\.1, but TRL 1\.8 or newer is needed\. Run "GRPO.*Or run `.*-m pip install trl==1\.16\.0`\.$/,
    );
  });

  test('what set-up does not bring', async () => {
    setUp(CHECKED, true);
    expect(await problem(null, ['vllm'])).toMatchObject({
      message: expect.stringMatching(/ lacks vllm\. Run `.*storage\/trl\/bin\/python -m pip install vllm==[\d.]+`\.$/),
      remedy: undefined,
    });
  });
});

test('versions', () => {
  expect(compareVersions('1.16.0', '1.8')).toBeGreaterThan(0);
  expect(compareVersions('1.16.0', '1.16')).toBe(0);
  expect(compareVersions('2.15.0+cu130', '2.15.1')).toBeLessThan(0);
});
