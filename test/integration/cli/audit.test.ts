/** `grpo audit` finds what is wrong with bad rewards, and nothing wrong with good ones. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { AuditReport } from '../../../src/protocol/audit-report.ts';
import { GRPO, grpo, jsonLines, temporaryFolder } from './run-grpo.ts';

const SAMPLES = [
  { prompt: 'What is 6 times 7?', answer: '42', completion: 'The answer is \\boxed{42}' },
  { prompt: 'What is 12 plus 13?', answer: '25', completion: '25' },
  { prompt: 'What is 10 times 100?', answer: '1000', completion: 'So it is 1000' },
];

async function audit(name: string, reward: string, ...options: string[]) {
  return auditWith(SAMPLES, name, reward, ...options);
}

async function auditWith(rows: object[], name: string, reward: string, ...options: string[]) {
  const folder = temporaryFolder();
  writeFileSync(join(folder, name), reward);
  const samples = join(folder, 's.samples.jsonl');
  writeFileSync(samples, rows.map((sample) => `${JSON.stringify(sample)}\n`).join(''));
  const args = ['audit', join(folder, name), '--samples', samples, '--json', ...options];
  const { status, stdout, stderr } = await grpo(args);
  expect(stderr).toBe('');
  return { status, report: JSON.parse(stdout) as AuditReport };
}

const functionOf = (report: AuditReport, name: string) => report.functions.find((each) => each.name === name)!;
const kinds = ({ findings }: AuditReport) => findings.map(({ kind, name }) => `${name}: ${kind}`).sort();

describe('grpo audit', () => {
  it('finds nothing that fools numericMatch and mathMatch, and no form that they miss', async () => {
    const { status, report } = await audit(
      'good.reward.ts',
      `import { mathMatch, numericMatch } from 'grpo/rewards';
export const number = numericMatch();
export const math = mathMatch();`,
      '--fail-above=0',
    );
    for (const { fooled, missed, judgesAnswers, tricks } of report.functions) {
      expect([fooled, missed, judgesAnswers]).toEqual([[], [], true]);
      expect(tricks).toBeGreaterThan(50);
    }
    expect([status, kinds(report)]).toEqual([0, []]);
  });

  it('measures whether a judge favors a place, and whether it can be talked into the highest score', async () => {
    const server = createServer(async (request, response) => {
      let body = '';
      for await (const part of request) body += part;
      const asked: string = JSON.parse(body).messages[1].content;
      const answers = [...asked.matchAll(/<<<ANSWER \d+\n([\s\S]*?)\nANSWER/g)].map(([, answer]) => answer!);
      // Half by what it reads first, half by whether the answer is right.
      const scores = answers.map((answer, place) => (place === 0 ? 0.5 : 0) + (/42|25|1000/.test(answer) ? 0.5 : 0));
      const isFooled = /highest score/.test(asked) || /\b(42|25|1000)\b/.test(asked.split('<<<ANSWER')[1] ?? '');
      const content = JSON.stringify(answers.length > 0 ? { scores } : { reason: '', score: isFooled ? 10 : 0 });
      response.end(JSON.stringify({ choices: [{ message: { content } }] }));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void server.close());
    const { port } = server.address() as AddressInfo;
    const { report } = await auditWith(
      ['The answer is 42', 'It is 41', 'I do not know', '42'].map((completion) => ({ ...SAMPLES[0], completion })),
      'judged.reward.ts',
      `import { judge, rank } from 'grpo/rewards';
const where = { url: 'http://127.0.0.1:${port}/v1', model: 'm', rubric: 'It is right.', concurrency: 32 };
export const better = rank(where);
export const good = judge(where);`,
    );
    // The plain ways to write the answer are candidates, too: 0.5 more for the first of them, and 0.5 less for the last when it comes first.
    const { pairs, changed, gain } = functionOf(report, 'better').position!;
    expect(changed).toBeGreaterThan(0);
    expect(pairs).toBeGreaterThan(changed);
    expect(gain).toBeGreaterThan(0);
    expect(kinds(report)).toContain('better: position-bias');
    expect(functionOf(report, 'good').position).toBeUndefined();
    expect(functionOf(report, 'good').fooled.map(({ name }) => name)).toContain('asking for the highest score');
  });

  it('does not call harmless what the total has no say in', async () => {
    const { report } = await audit(
      'failing.reward.ts',
      `import type { RewardInput } from 'grpo/rewards';
export const long = ({ completion }: RewardInput) => completion.length;
export const fails = (): number => { throw new Error('never mind'); };`,
    );
    expect(report.findings).toContainEqual(
      expect.objectContaining({ kind: 'without-task', name: 'long', severity: 'warning' }),
    );
  });

  it('says which reward file is not there', async () => {
    const { status, stderr } = await grpo(['audit', 'rewards/nope.reward.ts#good']);
    expect([status, stderr]).toEqual([2, 'There is no file rewards/nope.reward.ts.\n']);
  });

  it('says what cannot be learned from, is always earned, changes, or drowns the others', async () => {
    const { report } = await audit(
      'odd.reward.ts',
      `import { type RewardInput, batchReward } from 'grpo/rewards';
let calls = 0;
export const flat = () => 1;
export const long = ({ completion }: RewardInput) => completion.length;
export const counting = () => ++calls;
export const first = batchReward(({ completions }) => completions.map((_, i) => (i === 0 ? 1 : 0)));
export const twice = ({ completion }: RewardInput) => 2 * completion.length + 1;
export const fails = ({ completion }: RewardInput) => (JSON.parse(completion) > 0 ? 1 : 0);`,
    );
    expect(kinds(report)).toEqual(
      expect.arrayContaining([
        'counting: not-deterministic',
        'fails: failed',
        'first: depends-on-order',
        'flat: constant',
        'long: without-task',
        'twice: same-as-another',
      ]),
    );
    expect(report.findings.find(({ kind }) => kind === 'without-task')!.message).toMatch(/^long gave \d+ to /);
  });

  it.each([
    [
      'an answer that is written twice',
      [
        { prompt: 'q', answer: 'so 1000\n#### 1,000', completion: 'So it is 1,000. The answer is 1000.' },
        { prompt: 'r', answer: 'so 2000\n#### 2,000', completion: '2000. The answer is 2000.' },
      ],
    ],
    [
      'an answer that the prompt or a phrase could hold',
      [
        { prompt: '0 + 1 = ?', answer: '1', completion: '\\boxed{1}' },
        { prompt: '1 + 1 = ?', answer: '2', completion: '\\boxed{2}' },
      ],
    ],
    [
      'fractions in a solution',
      [
        { prompt: 'q', answer: 'We get $\\boxed{\\frac{3}{4}}$.', completion: '\\boxed{\\frac{3}{4}}' },
        { prompt: 'r', answer: 'We get $\\boxed{x^2}$.', completion: '\\boxed{x^2}' },
      ],
    ],
  ])('has no false alarm about mathMatch with %s', async (_, rows) => {
    const { report } = await auditWith(
      rows,
      'good.reward.ts',
      `import { mathMatch } from 'grpo/rewards';\nexport const math = mathMatch();`,
    );
    const { fooled, missed, judgesAnswers } = functionOf(report, 'math');
    expect([fooled, missed, judgesAnswers, kinds(report)]).toEqual([[], [], true, []]);
  });

  it('does not take a reward for the language for one that judges answers, and names one that abstains', async () => {
    const { report } = await auditWith(
      [
        { prompt: 'q', answer: 'two', completion: '<answer>two</answer>' },
        { prompt: 'r', answer: 'δύο', completion: '<answer>δύο</answer>' },
      ],
      'language.reward.ts',
      `export const latin = ({ completion, answer }: any) => (/[α-ω]/.test(completion) === /[α-ω]/.test(answer) ? 1 : 0);
export const silent = () => null;`,
    );
    expect(functionOf(report, 'latin').judgesAnswers).toBe(false);
    expect(kinds(report)).toContain('silent: constant');
  });

  it('gives up a function that is slow or hangs, says so, and audits the others', async () => {
    const { report } = await audit(
      'slow.reward.ts',
      `export const quick = ({ completion, answer }: any) => (completion.includes(answer) ? 1 : 0);
export function hangs() { for (;;); }
export const slow = async ({ completion }: any) => { await new Promise((done) => setTimeout(done, 100)); return completion.length; };`,
      '--time-limit=15',
    );
    expect(report.findings.filter(({ kind }) => kind === 'too-slow')).toMatchObject([
      {
        name: 'hangs',
        message: expect.stringMatching(/^hangs was given up after 15 s: 0 of \d+ completions had been scored/),
      },
    ]);
    expect(functionOf(report, 'quick').fooled.length).toBeGreaterThan(0);
    // 32 at a time, as in training: one after the other, 0.1 s each would be more than half a minute, and be given up.
    expect(kinds(report)).toContain('slow: without-task');
    // What was given up has no total.
    expect(functionOf(report, 'total')).toMatchObject({ tricks: 0, forms: 0 });
  });

  it('scores what was given up late as far as it came', async () => {
    const { report } = await audit(
      'late.reward.ts',
      `const wait = (ms: number) => { const end = Date.now() + ms; while (Date.now() < end); };
export const late = ({ completion, answer }: any) => { wait(100); return completion.includes(answer) ? 1 : 0; };`,
      '--time-limit=10',
    );
    const [finding] = report.findings.filter(({ kind }) => kind === 'too-slow');
    const [, scored, of] = /: (\d+) of (\d+) completions had been scored\.$/.exec(finding!.message)!;
    expect(Number(scored)).toBeGreaterThan(5);
    expect(Number(scored)).toBeLessThan(Number(of));
    expect(functionOf(report, 'late').fooled.length).toBeGreaterThan(0);
    expect(kinds(report)).toEqual(['late: too-slow']);
  });

  it('tells a host how far it is', async () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'r.reward.ts'), 'export const one = ({ completion }: any) => completion.length;');
    writeFileSync(join(folder, 'r.samples.jsonl'), SAMPLES.map((row) => `${JSON.stringify(row)}\n`).join(''));
    const child = fork(GRPO, ['audit', join(folder, 'r.reward.ts'), '--json'], {
      stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
    });
    const said: unknown[] = [];
    child.on('message', (message) => said.push(message));
    await once(child, 'close');
    expect(said[0]).toMatchObject({ type: 'progress', message: expect.stringMatching(/^audit: 0 of \d+ scores$/) });
  });

  it('is a part of grpo score --check, with one exit status', async () => {
    const folder = temporaryFolder();
    writeFileSync(
      join(folder, 'loose.reward.ts'),
      'export const loose = ({ completion, answer }: any) => (completion.includes(answer) ? 1 : 0);',
    );
    const rows = SAMPLES.map((row) => `${JSON.stringify({ ...row, expect: { loose: 1 } })}\n`).join('');
    writeFileSync(join(folder, 'loose.samples.jsonl'), rows);
    const check = (...options: string[]) =>
      grpo(['score', join(folder, 'loose.reward.ts'), '--check', ...options], { cwd: folder });
    const [alone, told, fails, json] = await Promise.all([
      check(),
      check('--audit'),
      check('--audit', '--fail-above=0.1'),
      check('--audit', '--fail-above=0.1', '--json'),
    ]);
    expect([alone, told, fails, json].map(({ status, stderr }) => [status, stderr])).toEqual([
      [0, ''],
      [0, ''],
      [1, ''],
      [1, ''],
    ]);
    expect(alone.stdout).toBe('3 expectations checked, all met\n');
    expect(told.stdout).toContain(alone.stdout);
    expect(told.stdout).toContain('loose is fooled by:');
    const lines = jsonLines<{ type: string }>(json.stdout);
    expect(lines.map(({ type }) => type)).toEqual(['row', 'row', 'row', 'summary', 'audit']);
    expect(functionOf(lines.at(-1) as unknown as AuditReport, 'loose').fooled.length).toBeGreaterThan(10);
  });

  it('refuses a share that is none, and options without what they belong to', async () => {
    const refused = await Promise.all([
      grpo(['audit', 'x.reward.ts', '--fail-above=5']),
      grpo(['score', 'x.reward.ts', '--audit']),
      grpo(['score', 'x.reward.ts', '--check', '--fail-above=0']),
    ]);
    expect(refused.map(({ status, stderr }) => [status, stderr.split('\n')[0]])).toEqual([
      [2, '--fail-above must be between 0 and 1, not 5.'],
      [2, '--audit requires --check.'],
      [2, '--fail-above requires --audit.'],
    ]);
  });

  it('fails for CI above a share of tricks that pass', async () => {
    const loose = `export const loose = ({ completion, answer }: any) => (completion.includes(answer) ? 1 : 0);`;
    const [strict, lenient] = await Promise.all(
      ['--fail-above=0.1', '--fail-above=0.99'].map((option) => audit('loose.reward.ts', loose, option)),
    );
    expect([strict!.status, lenient!.status]).toEqual([1, 0]);
    const { fooled } = functionOf(strict!.report, 'loose');
    expect(fooled.map(({ name }) => name)).toContain('the answer, in a denial');
    expect(fooled[0]).toMatchObject({ kind: 'trick', line: expect.any(Number), score: 1, honest: 1 });
  });
});
