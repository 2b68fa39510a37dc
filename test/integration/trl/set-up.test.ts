/** A Python environment that set-up makes, with a package of one line in place of PyTorch and TRL: no test downloads gigabytes. */
import { spawn, spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import { pythonIn, setUpPython } from '../../../src/trl/python-environment.ts';
import { type Packages, setUpTrl } from '../../../src/trl/set-up/set-up.ts';
import { GRPO, grpo, temporaryFolder } from '../cli/run-grpo.ts';

const SUITABLE = 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))';
const suitable = spawnSync('python3', ['-c', SUITABLE]).status === 0;
if (!suitable) console.log('Skipped: python3 is not 3.11 or newer with venv, so no environment was made.');

const WHEEL = `
import sys, zipfile
with zipfile.ZipFile("tiny-1.0-py3-none-any.whl", "w") as wheel:
    wheel.writestr("tiny.py", "answer = 42")
    wheel.writestr("tiny-1.0.dist-info/METADATA", "Metadata-Version: 2.1\\nName: tiny\\nVersion: 1.0\\n")
    wheel.writestr("tiny-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n")
    wheel.writestr("tiny-1.0.dist-info/RECORD", "tiny.py,,\\ntiny-1.0.dist-info/METADATA,,\\ntiny-1.0.dist-info/WHEEL,,\\ntiny-1.0.dist-info/RECORD,,\\n")
`;
const TINY: Packages = { requirements: 'tiny==1.0\n', bytes: 1e6, trial: 'import tiny; assert tiny.answer == 42' };

let folder: string;
let into: string;
beforeEach(() => {
  folder = temporaryFolder();
  into = join(folder, 'place', 'trl');
  vi.stubEnv('PIP_NO_INDEX', '1');
  vi.stubEnv('PIP_FIND_LINKS', folder);
  onTestFinished(() => void vi.unstubAllEnvs());
});

function setUp(packages: Packages, signal = new AbortController().signal) {
  const said: string[] = [];
  const options = { into, signal, onProgress: (text: string) => said.push(text), onStatus: () => {} };
  return { said, made: setUpTrl(options, packages) };
}

describe.runIf(suitable)('an environment', () => {
  beforeEach(() => {
    if (spawnSync('python3', ['-c', WHEEL], { cwd: folder }).status !== 0) throw new Error('no wheel');
  });

  test('is made, kept where it works, and replaced only by one that works', async () => {
    const first = setUp(TINY);
    expect(await first.made).toMatchObject({ python: pythonIn(into) });
    expect(first.said).toEqual([
      expect.stringMatching(/^Creating a virtual environment with Python 3\.\d+\.\d+ in .*trl$/),
      'Installing tiny 1.0',
      'Trying it',
    ]);
    expect(setUpPython(into)).toBe(pythonIn(into));
    expect(spawnSync(pythonIn(into), ['-c', TINY.trial]).status).toBe(0);
    expect(existsSync(join(into, 'downloads'))).toBe(false);

    const again = setUp(TINY);
    await again.made;
    expect(again.said).toEqual([expect.stringMatching(/^Checking the environment/)]);

    const broken = { ...TINY, requirements: 'tiny\n', trial: 'import tiny; tiny.question' };
    await expect(setUp(broken).made).rejects.toThrow(/does not work: AttributeError.*no attribute 'question'/);
    expect(spawnSync(pythonIn(into), ['-c', TINY.trial]).status).toBe(0);
    expect(setUpPython(into)).toBe(pythonIn(into));

    expect(readdirSync(join(folder, 'place'))).toEqual(['trl']);
  });

  test('that is complete is taken without a lock, as where nothing can be written', async () => {
    await setUp(TINY).made;
    // Nobody can claim the folder as long as this is in the way.
    const lock = `${into}.lock`;
    mkdirSync(lock);
    const { said, made } = setUp(TINY);
    expect(await made).toMatchObject({ python: pythonIn(into) });
    expect(said).toEqual([expect.stringMatching(/^Checking the environment/)]);
    await expect(setUp({ ...TINY, requirements: 'tiny\n' }).made).rejects.toThrow(`delete ${lock} if that is not so`);
  });

  test('that waits under another name, because a set-up was killed, is taken again', async () => {
    await setUp(TINY).made;
    renameSync(into, `${into}.before`);
    const { said, made } = setUp(TINY);
    expect(await made).toMatchObject({ python: pythonIn(into) });
    expect(said).toEqual([expect.stringMatching(/^Checking the environment/)]);
    expect(readdirSync(join(folder, 'place'))).toEqual(['trl']);
  });

  test('that is canceled leaves nothing', async () => {
    const cancelling = new AbortController();
    const { said, made } = setUp({ ...TINY, trial: 'import time; time.sleep(600)' }, cancelling.signal);
    made.catch(() => {});
    await expect.poll(() => said, { timeout: 60_000 }).toContain('Trying it');
    expect(setUpPython(into)).toBeUndefined();
    cancelling.abort();
    await expect(made).rejects.toThrow('aborted');
    expect(readdirSync(join(folder, 'place'))).toEqual([]);
  });

  test('is not begun on a disk without room', async () => {
    const { made } = setUp({ ...TINY, bytes: 1e18 });
    await expect(made).rejects.toThrow(
      /^Set-up takes 1000000000\.0 GB in .*, but the disk has [\d.]+ GB left; free some space, or choose another/,
    );
    expect(readdirSync(join(folder, 'place'))).toEqual([]);
  });

  test('without a network is not made, with what to check', async () => {
    const { PIP_NO_INDEX: _, PIP_FIND_LINKS: __, ...env } = process.env;
    // Nobody listens at this port.
    const offline = { ...env, PIP_INDEX_URL: 'http://127.0.0.1:9/simple', PIP_CONFIG_FILE: '/dev/null' };
    const { status, stdout, stderr } = await grpo(['setup-trl', '--into', into], { env: offline });
    expect(stderr).toMatch(/^Python packages could not be downloaded \(.*\): check the network connection/);
    expect(stdout).toMatch(/^Creating a virtual environment/);
    expect({ status, left: existsSync(into) }).toEqual({ status: 1, left: false });
  });
});

/** A program that says it is such an interpreter. */
function python(version: string, hasVenv: boolean, otherwise = ''): string {
  const file = join(folder, 'python');
  const answer = `printf '%s\\n' "$0" ${version} ${hasVenv ? 'True' : 'False'}`;
  writeFileSync(file, `#!/bin/sh\nif [ "$1" = -c ]; then ${answer}; exit; fi\n${otherwise}\n`);
  chmodSync(file, 0o755);
  return file;
}

describe.skipIf(process.platform === 'win32')('bad input, before anything is made', () => {
  test.each([
    ['no such interpreter', () => '/nowhere/python', /^The Python interpreter \/nowhere\/python cannot be run; name a/],
    [
      'too old',
      () => python('3.9.2', true),
      /^TRL needs Python 3\.11 or newer, but .*python is 3\.9\.2; install a newer/,
    ],
    ['no venv', () => python('3.12.3', false), /cannot make virtual environments.*`apt install python3\.12-venv`/],
  ])('%s', async (_, given, sentence) => {
    const { status, stdout, stderr } = await grpo(['setup-trl', '--python', given(), '--into', into]);
    expect(stderr).toMatch(sentence);
    expect({ status, stdout, made: existsSync(into) }).toEqual({ status: 2, stdout: '', made: false });
  });

  test("a folder with someone's files", async () => {
    writeFileSync(join(folder, 'thesis.txt'), 'all of it');
    const { status, stderr } = await grpo(['setup-trl', '--into', folder]);
    expect({ status, stderr }).toEqual({ status: 2, stderr: expect.stringContaining('has other files in it') });
    expect(existsSync(join(folder, 'thesis.txt'))).toBe(true);
  });
});

/** Processes that have the test's folder in their environment, apart from this one. */
const started = (): string[] =>
  readdirSync('/proc').filter((name) => {
    if (!/^\d+$/.test(name) || Number(name) === process.pid) return false;
    try {
      return readFileSync(`/proc/${name}/environ`, 'utf8').includes(`PIP_FIND_LINKS=${folder}`);
    } catch {
      return false; // gone
    }
  });

describe.runIf(process.platform === 'linux')('a set-up that is ended leaves no process', () => {
  test.each(['SIGINT', 'SIGTERM', 'SIGKILL'] as const)('by %s', async (signal) => {
    // As pip does, it starts others. One that leaves its group is found, but not when ours is killed.
    const leaves = signal === 'SIGKILL' ? '' : 'setsid ';
    const begun = join(folder, 'begun');
    const given = python('3.12.3', true, `sleep 600 &\n${leaves}sleep 600 &\ntouch "${begun}"\nsleep 600`);
    const command = [GRPO, 'setup-trl', '--python', given, '--into', into];
    const child = spawn(process.execPath, command, { env: process.env, stdio: 'ignore' });
    const ended = new Promise((resolve) => child.once('exit', (code) => resolve(code)));
    await expect.poll(() => existsSync(begun)).toBe(true);
    child.kill(signal);
    expect(await ended).toBe(signal === 'SIGKILL' ? null : 130);
    await expect.poll(started).toEqual([]);
    expect(existsSync(into)).toBe(signal === 'SIGKILL');
  });
});

describe.skipIf(process.platform === 'win32')('of two at once', () => {
  const runs = (given: string) => {
    const command = [GRPO, 'setup-trl', '--python', given, '--into', into];
    const child = spawn(process.execPath, command, { env: process.env, stdio: 'ignore' });
    onTestFinished(() => void child.kill('SIGKILL'));
    return child;
  };

  test('the second is refused, and leaves the first alone; the lock of one that was killed is none', async () => {
    const begun = join(folder, 'begun');
    const first = runs(python('3.12.3', true, `touch "${begun}"\nexec sleep 600`));
    await vi.waitFor(() => expect(existsSync(begun)).toBe(true), { timeout: 30_000, interval: 50 });
    const mark = readdirSync(into);
    const fails = () => grpo(['setup-trl', '--into', into, '--python', python('3.12.3', true, 'exit 3')]);
    const second = await fails();
    expect({ status: second.status, stderr: second.stderr }).toEqual({
      status: 1,
      stderr: `Another set-up (process ${first.pid}) is installing into ${into}; wait for it, or stop it; if that process is something else, delete ${into}.lock.\n`,
    });
    expect(readdirSync(into)).toEqual(mark);
    const ended = new Promise((resolve) => first.once('exit', resolve));
    first.kill('SIGKILL');
    await ended;
    expect((await fails()).stderr).toContain('failed');
    expect(readdirSync(join(folder, 'place'))).toEqual([]);
  });
});

describe.skipIf(process.platform === 'win32')('what pip says becomes a sentence, and nothing is left', () => {
  test.each([
    [
      'Could not install packages due to an OSError: [Errno 28] No space left on device',
      /^The disk is full: free some space, or install into another folder with --into\.$/,
    ],
    [
      'No matching distribution found for torch==2.15.0',
      /^There is no torch==2\.15\.0 for this Python on \w+ \w+; name another Python with --python\.$/,
    ],
    ['Something else', /failed: ERROR: Something else\.\n/],
  ])('%s', async (said, sentence) => {
    const given = python('3.12.3', true, `echo "ERROR: ${said}" >&2; exit 1`);
    const options = { into, python: given, signal: new AbortController().signal, onProgress() {}, onStatus() {} };
    await expect(setUpTrl(options, TINY)).rejects.toThrow(sentence);
    expect(existsSync(into)).toBe(false);
  });
});
