import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { RewardOutcome } from '../../../src/protocol/rewards.ts';
import { folderWith, isRunning, open, openText, pythonMissing, until } from './workspace.ts';

const ISOLATE = ['--map-root-user', '--net', '--pid', '--fork', '--kill-child', '--', 'true'];
const cannotIsolate = spawnSync('unshare', ISOLATE).status !== 0;

/** What the helper says of programs, each with the same tests. */
async function run(
  language: 'python' | 'javascript',
  programs: string[],
  tests: string | string[],
  options = '',
  rowSeconds = 60,
): Promise<RewardOutcome[]> {
  const source = `import { codeTests } from 'grpo/rewards';
    export const passes = codeTests({ language: '${language}', ${options} });`;
  const set = await openText('code.reward.ts', source, { timeoutSeconds: rowSeconds });
  const { columns } = await set.score({
    prompts: programs.map(() => 'Write a program.'),
    completions: programs,
    columns: { tests: programs.map(() => tests) },
  });
  return columns[0]!.outcomes;
}

const score = (value: number, reason: string) => ({
  kind: 'score',
  score: value,
  reason: expect.stringContaining(reason),
});
const foldersLeft = () => readdirSync(tmpdir()).filter((name) => name.startsWith('grpo-program-'));

describe.skipIf(pythonMissing)('Python programs (need python3 on the PATH)', () => {
  test('the share of tests that pass; the last block counts', async () => {
    const tests = ['assert add(1, 2) == 3', 'assert add(-1, 1) == 0'];
    const outcomes = await run(
      'python',
      [
        'def add(a, b): return a + b',
        'First\n```python\nraise 1\n```\nthen\n```py\ndef add(a, b): return a + b\n```\ngood.',
        '```python\ndef add(a, b): return 3\n```',
        '```python\ndef add(a, b) return 3\n```',
        '```js\nconst add = 1\n```',
        '```python\ndef add(a, b): return a + b',
        '',
        'Write a program.',
        'def add(a, b): return a + b\nif __name__ == "__main__": raise SystemExit(input())',
      ],
      tests,
    );
    expect(outcomes).toMatchObject([
      score(1, '2 of 2 tests passed'),
      score(1, '2 of 2 tests passed'),
      score(0.5, '1 of 2 tests passed; test 2: AssertionError'),
      score(0, 'the program: SyntaxError'),
      score(0, 'no code found'),
      score(0, 'no code found'),
      score(0, 'no code found'),
      score(0, 'the program: SyntaxError'),
      score(1, '2 of 2 tests passed'),
    ]);
  });

  test('ending early, and reports of its own, win nothing', async () => {
    const outcomes = await run(
      'python',
      [
        'import os; os._exit(0)',
        'import sys; sys.exit(0)',
        'import os; os.write(3, b\'{"key": "?", "test": 0}\\n{"test": 0}\\n\')',
        'import os\nos.close(3)',
        'import os\nwhile True: os.write(3, b"x" * 10000)',
      ],
      ['assert answer == 1'],
    );
    expect(outcomes).toMatchObject([
      score(0, '0 of 1 tests passed'),
      score(0, 'SystemExit'),
      score(0, 'NameError'),
      score(0, '0 of 1 tests passed'),
      score(0, 'stopped: it wrote to file descriptor 3'),
    ]);
  });

  test('time, memory and output are limited, and nothing stays behind', async () => {
    const before = foldersLeft();
    const outcomes = await run(
      'python',
      [
        'while True: pass',
        'import re; re.match(r"(a+)+$", "a" * 64 + "b")',
        'import time; time.sleep(1000)',
        'x = bytearray(1 << 30)',
        'kept = []\nwhile True: kept.append(bytearray(1 << 20))',
        'while True: print("x" * 1000)',
        // It waits after that, so that it cannot be over before it is looked at.
        'import os, time\nfor _ in range(100): os.fork() or time.sleep(1000)\ntime.sleep(1000)',
        'answer = 1',
      ],
      'assert answer == 1',
      'timeoutSeconds: 5, memoryMegabytes: 128',
    );
    expect(outcomes).toMatchObject([
      score(0, 'stopped after 5 s'),
      score(0, 'stopped after 5 s'),
      score(0, 'stopped after 5 s'),
      { kind: 'score', score: 0, reason: expect.stringMatching(/MemoryError|more than 128 MiB/) },
      { kind: 'score', score: 0, reason: expect.stringMatching(/MemoryError|more than 128 MiB/) },
      score(0, 'stopped: it printed more than 1048576 bytes'),
      { kind: 'score', score: 0, reason: expect.stringMatching(/more than 64 processes|more than 128 MiB|after 5 s/) },
      score(1, '1 of 1 tests passed'),
    ]);
    expect(foldersLeft().filter((name) => !before.includes(name))).toEqual([]);
  });

  test('what a program starts ends with it, and with the worker', async () => {
    const marker = join(folderWith({}), 'pid');
    const program = `
import subprocess
child = subprocess.Popen(["sleep", "1000"], start_new_session=${cannotIsolate ? 'False' : 'True'})
# Inside, process ids may be others: the host finds it by its argument.
open(${JSON.stringify(marker)}, "w").write(str(child.pid))
import time; time.sleep(SECONDS)
answer = 1`;
    const sleeping = () =>
      spawnSync('pgrep', ['-f', '^sleep 1000$'], { encoding: 'utf8' }).stdout.split('\n').filter(Boolean);
    const before = sleeping();
    const left = () => sleeping().filter((pid) => !before.includes(pid) && isRunning(Number(pid)));
    const ended = await run('python', [program.replace('SECONDS', '0')], 'assert answer == 1');
    expect(ended).toMatchObject([score(1, '1 of 1')]);
    expect(existsSync(marker)).toBe(true);
    expect(await until(() => left().length === 0)).toBe(true);

    // The row's own limit ends the worker in the middle of the program.
    const folders = foldersLeft();
    const file = join(
      folderWith({
        'a.reward.ts': `import { codeTests } from 'grpo/rewards';\nexport const a = codeTests({ language: 'python', timeoutSeconds: 100 });`,
      }),
      'a.reward.ts',
    );
    const set = await open([{ file }], { timeoutSeconds: 1.5 });
    const { columns } = await set.score({
      prompts: ['p'],
      completions: [program.replace('SECONDS', '1000')],
      columns: { tests: ['assert answer == 1'] },
    });
    expect(columns[0]!.outcomes).toMatchObject([{ failure: 'timeout' }]);
    expect(await until(() => left().length === 0)).toBe(true);
    expect(await until(() => foldersLeft().every((name) => folders.includes(name)))).toBe(true);
  });

  test.skipIf(process.platform !== 'linux')('what has left its session ends with it also without unshare', async () => {
    // A PATH with nothing else on it.
    const path = folderWith({ 'bin/none': '' });
    const python = spawnSync('python3', ['-c', 'import sys; print(sys.executable)'], {
      encoding: 'utf8',
    }).stdout.trim();
    for (const name of ['sh', 'rm', 'env', 'sleep'])
      symlinkSync(spawnSync('which', [name], { encoding: 'utf8' }).stdout.trim(), join(path, 'bin', name));
    const pidFile = join(path, 'pid');
    const program = `
import subprocess
child = subprocess.Popen(["sleep", "1000"], start_new_session=True)
open(${JSON.stringify(pidFile)}, "a").write(str(child.pid) + " ")
import time; time.sleep(SECONDS)
answer = 1`;
    const source = `import { codeTests } from 'grpo/rewards';
      process.env.PATH = ${JSON.stringify(join(path, 'bin'))};
      export const passes = codeTests({ language: 'python', timeoutSeconds: 100, python: ${JSON.stringify(python)} });`;
    const folders = foldersLeft();
    const set = await openText('code.reward.ts', source, { timeoutSeconds: 10 });
    const { columns } = await set.score({
      prompts: ['p', 'p'],
      completions: [program.replace('SECONDS', '0'), program.replace('SECONDS', '1000')],
      columns: { tests: ['assert answer == 1', 'assert answer == 1'] },
    });
    expect(columns[0]!.outcomes).toMatchObject([
      score(1, 'the network could not be forbidden'),
      { failure: 'timeout' },
    ]);
    await set.close();
    const pids = readFileSync(pidFile, 'utf8').trim().split(' ').map(Number);
    onTestFinished(() => {
      for (const pid of pids.filter(isRunning)) process.kill(pid, 'SIGKILL');
    });
    expect(pids).toHaveLength(2);
    expect(await until(() => !pids.some(isRunning))).toBe(true);
    expect(await until(() => foldersLeft().every((name) => folders.includes(name)))).toBe(true);
  });

  test('it sees an empty folder and none of the environment', async () => {
    process.env.GRPO_TEST_SECRET = 'secret';
    const [outcome] = await run(
      'python',
      ['import os\nseen = (os.listdir("."), os.environ.get("GRPO_TEST_SECRET"))'],
      ['assert seen == ([], None), seen'],
    );
    delete process.env.GRPO_TEST_SECRET;
    expect(outcome).toMatchObject(score(1, '1 of 1'));
  });

  test('more programs than processors do not time one another out', async () => {
    // All at once, none would be done within the row's limit on few processors.
    const busy = 'import time\nwhile time.process_time() < 0.3: pass\nanswer = 1';
    const outcomes = await run('python', Array(16).fill(busy), 'assert answer == 1', '', 4);
    expect(outcomes.map((outcome) => outcome.kind === 'score' && outcome.score)).toEqual(Array(16).fill(1));
  });

  test.skipIf(cannotIsolate)('it has no network (needs unshare)', async () => {
    const program = `
import socket
def connects():
    server = ("127.0.0.1", 1)
    try: socket.create_connection(server, 1)
    except OSError as error: return error.errno
import errno`;
    // Refused would mean that there is a network on which nobody listens.
    const [outcome] = await run('python', [program], ['assert connects() == errno.ENETUNREACH, connects()']);
    expect(outcome).toMatchObject(score(1, '1 of 1'));
  });

  test('an interpreter that is not there fails the row, and says so', async () => {
    const outcomes = await run('python', ['x = 1'], 'assert x', "python: '/no/such/python'");
    expect(outcomes).toMatchObject([
      { failure: 'throw', message: expect.stringContaining('codeTests could not run /no/such/python') },
    ]);
  });
});

describe('JavaScript programs', () => {
  test('tests throw when they fail; declarations of the program are theirs to use', async () => {
    const outcomes = await run(
      'javascript',
      [
        'const add = (a, b) => a + b;',
        '```js\nfunction add(a, b) { return 3; }\n```',
        'process.exit(0)',
        'const add = async (a, b) => a + b;',
        'syntax error',
      ],
      ['assert.equal(add(1, 2), 3)', 'if (add(2, 2) !== 4) throw new Error("not 4")'],
    );
    expect(outcomes).toMatchObject([
      score(1, '2 of 2'),
      score(0.5, 'test 2: Error: not 4'),
      score(0, '0 of 2'),
      score(0, '0 of 2'),
      score(0, 'the program: SyntaxError'),
    ]);
  });

  test('limits', async () => {
    const outcomes = await run(
      'javascript',
      [
        'while (true);',
        'const kept = []; while (true) kept.push(Buffer.alloc(1e6, 1));',
        'while (true) require("node:fs").writeSync(1, "x".repeat(1000));',
        'const answer = 1; setInterval(() => {}, 1000);',
      ],
      'assert.equal(answer, 1)',
      'timeoutSeconds: 6, memoryMegabytes: 192',
    );
    expect(outcomes).toMatchObject([
      score(0, 'stopped after 6 s'),
      score(0, 'more than 192 MiB'),
      score(0, 'printed more than'),
      score(1, '1 of 1'),
    ]);
  });

  test('all or nothing', async () => {
    const outcomes = await run('javascript', ['const a = 1;'], ['assert(a)', 'assert(!a)'], 'all: true');
    expect(outcomes).toMatchObject([score(0, '1 of 2')]);
  });
});

test('a time that no timer can count is refused', async () => {
  for (const seconds of [0, 3_000_000, Number.NaN]) {
    const source = `import { codeTests } from 'grpo/rewards';
      export const passes = codeTests({ language: 'python', timeoutSeconds: ${seconds} });`;
    const message = `codeTests: timeoutSeconds must be above 0 and at most 2147000, not ${seconds}.`;
    await expect(openText('code.reward.ts', source)).rejects.toThrow(message);
  }
});

test('a row without tests abstains; a column of anything else is refused', async () => {
  const source = `import { codeTests } from 'grpo/rewards';\nexport const passes = codeTests({ language: 'javascript' });`;
  const set = await openText('code.reward.ts', source);
  const { columns } = await set.score({
    prompts: ['a', 'b', 'c'],
    completions: ['1', '1', '1'],
    columns: { tests: [null, 5, []] },
  });
  expect(columns[0]!.outcomes).toMatchObject([
    { kind: 'abstain' },
    { failure: 'throw', message: expect.stringContaining('in the column "tests"'), line: 2 },
    { failure: 'throw' },
  ]);
});
