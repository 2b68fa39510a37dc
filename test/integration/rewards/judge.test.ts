/** Judges ask a server that fails in every way. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { fails, type Question, says, serverThat } from '../../helpers/judge-server.ts';
import { brief, folderWith, open, outcomesOf } from './workspace.ts';

/** A digit in the answer is its score. */
const verdict = ({ messages }: Question): string => {
  const digit = /<<<ANSWER\n\D*(\d+)/.exec(messages[1]!.content)?.[1] ?? '0';
  return JSON.stringify({ reason: `it says ${digit}`, score: Number(digit) });
};

async function judged(url: string, completions: string[], { options = '', columns = {}, env = [] as string[] } = {}) {
  const text = `import { judge } from 'grpo/rewards';
export const good = judge({ url: '${url}', model: 'm', rubric: 'The larger the better.', timeoutSeconds: 10${options} });`;
  const folder = folderWith({ 'j.reward.ts': text });
  const set = await open([{ file: join(folder, 'j.reward.ts') }], { timeoutSeconds: 20, rewardEnv: env });
  const scores = (all: string[]) => set.score({ prompts: all.map(() => 'Say a number.'), completions: all, columns });
  const score = async (all: string[]) => (await scores(all)).columns[0]!.outcomes;
  return { folder, outcomes: await score(completions), score, scores };
}

test('scores are from 0 to 1, with reasons; nothing is asked twice, not even by another process', async () => {
  const { url, asked } = await serverThat((question, response) => says(response, verdict(question)));
  const { outcomes, folder, score } = await judged(url, ['a 2', 'b 10', 'a 2']);
  expect(outcomes.map((outcome) => outcome.kind === 'score' && [outcome.score, outcome.reason])).toEqual([
    [0.2, 'it says 2'],
    [1, 'it says 10'],
    [0.2, 'it says 2'],
  ]);
  expect(asked.length).toBe(2);
  expect(asked[0]!.question).toMatchObject({ model: 'm', temperature: 0, response_format: { type: 'json_object' } });
  await score(['b 10', 'c 5']);
  expect(asked.length).toBe(3);
  expect(readFileSync(join(folder, '.grpo/judge.jsonl'), 'utf8').trim().split('\n').length).toBe(3);
});

test('the cache of a workspace without runs is beside its run configs', async () => {
  const { url } = await serverThat((question, response) => says(response, verdict(question)));
  const folder = folderWith({
    'run.grpo.json': '{}',
    'rewards/j.reward.ts': `import { judge } from 'grpo/rewards';
export const good = judge({ url: '${url}', model: 'm', rubric: 'The larger the better.' });`,
  });
  const set = await open([{ file: join(folder, 'rewards/j.reward.ts') }], { timeoutSeconds: 20 });
  await outcomesOf(set, { prompts: ['p'], completions: ['a 1'], columns: {} });
  expect(readFileSync(join(folder, '.grpo/judge.jsonl'), 'utf8')).toContain('it says 1');
});

test('too many requests, errors, silence and half an answer are asked again', async () => {
  const { url, asked } = await serverThat((question, response, count) => {
    if (count === 1) return fails(response, 429, 'slow down', { 'retry-after': '0' });
    if (count === 2) return fails(response, 500, 'oops');
    if (count === 3) return; // never
    if (count === 4) return says(response, '{"reason": "cut o');
    return says(response, `Sure! Here it is:\n${verdict(question)}`);
  });
  const { outcomes } = await judged(url, ['a 7'], { options: ', timeoutSeconds: 1' });
  expect([brief(outcomes), asked.length]).toEqual([[0.7], 5]);
});

test('so are half a JSON, a page, and a connection that breaks', async () => {
  const { url, asked } = await serverThat((question, response, count) => {
    if (count === 1) return void response.end('{"choices": [{"mess');
    if (count === 3) return void response.end('<html>Bad gateway</html>');
    if (count === 5) return void response.socket!.destroy();
    return says(response, verdict(question));
  });
  const { outcomes } = await judged(url, ['a 7', 'b 8', 'c 9'], { options: ', retries: 1, concurrency: 1' });
  expect([brief(outcomes), asked.length]).toEqual([[0.7, 0.8, 0.9], 6]);
});

test('so are lists and truth values for scores, and an answer without end', async () => {
  const { url, asked } = await serverThat((question, response, count) => {
    if (count === 1) return says(response, '{"score": []}');
    if (count === 2) return says(response, '{"score": false}');
    if (count === 3) {
      const more = () => {
        while (!response.destroyed && response.write('x'.repeat(1 << 16)));
      };
      response.on('drain', more);
      return more();
    }
    return says(response, verdict(question));
  });
  const { outcomes } = await judged(url, ['a 7']);
  expect([brief(outcomes), asked.length]).toEqual([[0.7], 4]);
});

test('a verdict is found behind thoughts and words with braces', async () => {
  const { url, asked } = await serverThat((question, response, count) => {
    const [thoughts, words] = ['<think>The set {1, 2}.\n{"score": 10}\n</think>', 'The set {1, 2} is wrong.\n'];
    return says(response, `${count === 1 ? thoughts : words}${verdict(question)}`);
  });
  const { outcomes } = await judged(url, ['a 7', 'b 8'], { options: ', concurrency: 1' });
  expect([brief(outcomes), asked.length]).toEqual([[0.7, 0.8], 2]);
});

test('a completion without a usable verdict fails, and says why; the others have their rewards', async () => {
  const { url } = await serverThat((question, response) =>
    says(response, /wild/.test(question.messages[1]!.content) ? '{"score": 11}' : verdict(question)),
  );
  const { outcomes } = await judged(url, ['a 3', 'wild 4'], { options: ', retries: 1' });
  expect(brief(outcomes)).toEqual([0.3, 'throw']);
  expect(outcomes[1]).toMatchObject({ message: 'Error: The judge gave the score 11, which is not from 0 to 10.' });
});

test('a server that refuses, or is not there, fails the function with a sentence', async () => {
  const { url, asked } = await serverThat((_, response) => fails(response, 401, 'no key'));
  const refused = (await judged(url, ['a 1', 'b 2'])).outcomes[0]!;
  expect(refused).toMatchObject({
    kind: 'failure',
    message: expect.stringContaining('answered 401: no key. Name the variable'),
  });
  // Not again and again; but where a batch fails, each of its rows is tried alone.
  expect(asked.length).toBe(4);
  const absent = (await judged('http://127.0.0.1:2/v1', ['a 1'], { options: ', retries: 0' })).outcomes[0]!;
  expect(absent).toMatchObject({ kind: 'failure', message: expect.stringMatching(/did not answer: .*ECONNREFUSED/) });
});

test('the key comes from the environment, and is only sent', async () => {
  process.env.GRPO_TEST_JUDGE_KEY = 'sesame';
  onTestFinished(() => void delete process.env.GRPO_TEST_JUDGE_KEY);
  const { url, asked } = await serverThat((question, response) => says(response, verdict(question)));
  const options = ", apiKeyEnv: 'GRPO_TEST_JUDGE_KEY'";
  const { folder } = await judged(url, ['a 1'], { options, env: ['GRPO_TEST_JUDGE_KEY'] });
  expect(asked[0]!.headers.authorization).toBe('Bearer sesame');
  expect(readFileSync(join(folder, '.grpo/judge.jsonl'), 'utf8')).not.toContain('sesame');
  const { outcomes } = await judged(url, ['a 2'], { options });
  expect(outcomes[0]).toMatchObject({
    kind: 'failure',
    message: expect.stringContaining('name GRPO_TEST_JUDGE_KEY in "rewardEnv"'),
  });
});

test('a key that a server repeats is shown nowhere, nor is one that no header can have', async () => {
  process.env.GRPO_TEST_JUDGE_KEY = 'open-sesame\n';
  onTestFinished(() => void delete process.env.GRPO_TEST_JUDGE_KEY);
  const { url, asked } = await serverThat((_, response) =>
    fails(response, 401, `I know no ${asked.at(-1)!.headers.authorization}`),
  );
  const options = { options: ", apiKeyEnv: 'GRPO_TEST_JUDGE_KEY'", env: ['GRPO_TEST_JUDGE_KEY'] };
  const { outcomes } = await judged(url, ['a 1'], options);
  expect(outcomes[0]).toMatchObject({ message: expect.stringContaining('answered 401: I know no Bearer (the key).') });
  expect(asked[0]!.headers.authorization).toBe('Bearer open-sesame');
  process.env.GRPO_TEST_JUDGE_KEY = 'open\nsesame';
  const refused = (await judged(url, ['a 1'], options)).outcomes[0]!;
  expect(refused).toMatchObject({ message: expect.stringContaining('characters that keys do not have') });
  expect(JSON.stringify(refused)).not.toContain('sesame');
});

test('no other address is contacted, whatever the server says', async () => {
  const other = await serverThat((question, response) => says(response, verdict(question)));
  const { url } = await serverThat((_, response) =>
    fails(response, 307, '', { location: `${other.url}/chat/completions` }),
  );
  const { outcomes } = await judged(url, ['a 1'], { options: ', retries: 0' });
  expect(outcomes[0]).toMatchObject({ message: expect.stringMatching(/did not answer: .*redirect/) });
  expect(other.asked.length).toBe(0);
});

test('calls, tokens and their cost are counted, also of answers that are of no use', async () => {
  const usage = { prompt_tokens: 200, completion_tokens: 10 };
  const { url } = await serverThat((question, response, count) => {
    if (count === 1) return fails(response, 500, 'oops');
    if (count === 2) return says(response, 'no verdict', usage);
    return says(response, verdict(question), usage);
  });
  const options = ', prices: { prompt: 2, completion: 50 }, concurrency: 1';
  const { scores } = await judged(url, [], { options });
  const first = await scores(['a 1', 'a 1', 'a 2']);
  expect(brief(first.columns[0]!.outcomes)).toEqual([0.1, 0.1, 0.2]);
  const name = (count: string) => `judge/good/${count}`;
  expect(first.totals).toEqual({
    ...{ [name('calls')]: 4, [name('cached')]: 1 },
    ...{ [name('prompt_tokens')]: 600, [name('completion_tokens')]: 30 },
    [name('cost')]: expect.closeTo(0.0027, 12),
  });
  expect((await scores(['a 2', 'a 1'])).totals).toEqual({ [name('calls')]: 0, [name('cached')]: 2 });
});

test('what fails as a whole has its cost, too; unknown tokens are no zero', async () => {
  const { url } = await serverThat((_, response) => says(response, 'no verdict'));
  const { scores } = await judged(url, [], { options: ', retries: 0, prices: { prompt: 2, completion: 50 }' });
  const { totals, columns } = await scores(['a 1', 'b 2']);
  expect(columns[0]!.outcomes.map(({ kind }) => kind)).toEqual(['failure', 'failure']);
  // Together, then each alone.
  expect(totals).toEqual({ 'judge/good/calls': 4, 'judge/good/cached': 0 });
});

test('a server without response_format is asked without it', async () => {
  const { url, asked } = await serverThat((question, response) =>
    question.response_format
      ? fails(response, 400, 'response_format is not supported')
      : says(response, verdict(question)),
  );
  const { outcomes } = await judged(url, ['a 4']);
  expect([brief(outcomes), asked.length]).toEqual([[0.4], 2]);
});

test('at most as many questions at a time as it is told', async () => {
  let [now, most] = [0, 0];
  const { url } = await serverThat((question, response) => {
    most = Math.max(most, ++now);
    setTimeout(() => {
      now--;
      says(response, verdict(question));
    }, 20);
  });
  await judged(
    url,
    Array.from({ length: 9 }, (_, i) => `a ${i}`),
    { options: ', concurrency: 3' },
  );
  expect(most).toBe(3);
});

test('a reference answer is shown, and text of the completion stays between its marks', async () => {
  const { url, asked } = await serverThat((question, response) => says(response, verdict(question)));
  await judged(url, ['Score: 10'], { options: ", column: 'answer'", columns: { answer: ['42'] } });
  const [system, user] = asked[0]!.question.messages;
  expect(system!.content).toContain('never an instruction');
  expect(user!.content).toBe('Prompt:\nSay a number.\n\nReference answer:\n42\n\n<<<ANSWER\nScore: 10\nANSWER>>>');
});

test('rank asks once for each group, and the order of the batch changes nothing', async () => {
  const { url, asked } = await serverThat(({ messages }, response) => {
    const answers = [...messages[1]!.content.matchAll(/<<<ANSWER \d+\n\D*(\d+)/g)].map(
      (match) => Number(match[1]) / 10,
    );
    says(response, JSON.stringify({ scores: answers }));
  });
  const folder = folderWith({
    'r.reward.ts': `import { rank } from 'grpo/rewards';
export const better = rank({ url: '${url}', model: 'm', rubric: 'The larger the better.' });`,
  });
  const set = await open([{ file: join(folder, 'r.reward.ts') }], { timeoutSeconds: 20 });
  const score = (completions: string[]) =>
    outcomesOf(set, { prompts: ['p', 'p', 'p', 'q'], completions, columns: {} }).then(brief);
  expect(await score(['a 2', 'b 9', 'a 2', 'c 5'])).toEqual([0.2, 0.9, 0.2, 0.5]);
  expect(asked.length).toBe(2);
  expect(await score(['b 9', 'a 2', 'a 2', 'c 5'])).toEqual([0.9, 0.2, 0.2, 0.5]);
  expect(asked.length).toBe(2);
});
