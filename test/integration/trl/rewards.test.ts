/** TypeScript rewards called from Python, as TRL calls its reward functions. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { ROOT, runColdPython, SAMPLES, temporaryFolder } from './python.ts';

const python = process.env.GRPO_TEST_PYTHON ?? 'python3';
const version = spawnSync(python, ['-c', 'import sys; sys.exit(sys.version_info < (3, 10))']);
const tooOld = version.status !== 0;
if (tooOld)
  console.log(
    `Skipped: ${python} is not Python 3.10 or newer, so no reward was called from it (set GRPO_TEST_PYTHON).`,
  );

const REWARDS = `
export const odd = ({ completion }) => {
  if (completion === 'throw') throw new Error('no such word');
  if (completion === 'hang') for (;;);
  if (completion === 'exit') process.exit(3);
  return completion === 'nothing' ? null : completion.length;
};
export const answer = ({ completion, answers, prompt }) => ({ score: Number(completion === answers), reason: String(prompt) });
`;

function call(code: string, { rewards = REWARDS } = {}) {
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'words.reward.js'), rewards);
  return runColdPython(['-c', `import json, math\nfrom grpo_lab_rewards import reward_functions\n${code}`], folder);
}

describe.skipIf(tooOld)('rewards from Python', () => {
  test('scores; a row that fails is None, and the others are not touched', () => {
    const { stdout, stderr, status } = call(`
odd, answer = reward_functions("words.reward.js", timeout=1)
texts = ["a", "throw", "nothing", "hang", "four", "exit", "end"]
calls = dict(prompts=["p"] * 7, completions=texts, completion_ids=[[1]] * 7, answers=["a", 2, None, math.nan, "four", [1], {}])
print(json.dumps([odd.__name__, odd(**calls), [verdict.get("failure") for verdict in odd.verdicts], answer(**calls), answer.verdicts[0]]))
chat = [[{"role": "assistant", "content": "four"}]]
print(json.dumps(answer(prompts=[[{"role": "user", "content": "2 + 2"}]], completions=chat, answers=["four"])))
`);
    expect(status, stderr).toBe(0);
    const [first, second] = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(first).toEqual([
      'odd',
      [1, null, null, null, 4, null, 3],
      [null, 'throw', null, 'timeout', null, 'crash', null],
      [1, 0, 0, 0, 1, 0, 0],
      { kind: 'score', score: 1, reason: 'p' },
    ]);
    expect(second).toEqual([1]);
    expect(stderr).toMatch(
      /grpo_lab: .*words\.reward\.js:3:\d+: odd: Error: no such word \(3 of 7 completions failed\)\n/,
    );
  });

  test('a function that scores steps is said to be paid as a whole', () => {
    const steps = 'export const steps = () => ({ score: 2, steps: [{ end: 1, score: 2 }] });';
    const { stdout, stderr } = call(
      'f = reward_functions("words.reward.js")[0]\nfor text in "ab": print(f(prompts=["p"], completions=[text]))',
      { rewards: steps },
    );
    expect(stdout).toBe('[2]\n[2]\n');
    expect(stderr).toBe(
      'grpo_lab: steps scores the steps of completions; TRL trains on the score of the whole alone.\n',
    );
  });

  test.each([
    ['a file that does not compile', 'export const x = (;', 'The reward file does not compile'],
    ['a function that is not there', 'export const other = () => 1;', 'has no reward function "odd"'],
  ])('%s is said before training', (_, rewards, sentence) => {
    const { status, stderr } = call('reward_functions("words.reward.js#odd")', { rewards });
    expect(status).toBe(1);
    expect(stderr).toMatch(/ValueError: .*words\.reward\.js/);
    expect(stderr).toContain(sentence);
  });

  test('without Node, one sentence says what to do', () => {
    const { stderr } = call('reward_functions("words.reward.js", node="no-such-node")');
    expect(stderr).toMatch(
      /RuntimeError: TypeScript rewards need Node 20 or newer, and no-such-node is not on the PATH of .*GRPO_LAB_NODE/,
    );
  });

  test.skipIf(process.platform !== 'linux')('nothing is left behind when Python is killed', async () => {
    const folder = temporaryFolder();
    const code = `
import os, sys
from grpo_lab_rewards import reward_functions
fs = reward_functions(${JSON.stringify(join(SAMPLES, 'rewards/sort.reward.ts'))})
fs[0](prompts=["p"], completions=["1 2"], numbers=[[1, 2]])
print(os.getpid(), flush=True)
sys.stdin.read()`;
    const child = spawn(python, ['-c', code], {
      cwd: folder,
      env: { ...process.env, PYTHONPATH: join(ROOT, 'dist'), GRPO_LAB_NODE: process.execPath },
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    await once(child.stdout, 'data');
    const host = childrenOf(child.pid!);
    const workers = host.flatMap(childrenOf);
    expect(host).toHaveLength(1);
    // The compiler of reward files stays, too.
    expect(workers.length).toBeGreaterThan(0);
    child.kill('SIGKILL');
    await once(child, 'exit');
    await expect.poll(() => [...host, ...workers].filter((pid) => existsSync(`/proc/${pid}`))).toEqual([]);
  });
});

const childrenOf = (pid: number): number[] =>
  readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').filter(Boolean).map(Number);
