/** Rewards that read chat messages where completions are texts, or texts where they are messages: the failure explains it. */
import { describe, expect, test } from 'vitest';
import type { Prompt, RewardOutcome } from '../../../src/protocol/rewards.ts';
import { openText, outcomesOf, pythonMissing } from './workspace.ts';

const CHAT: Prompt = [{ role: 'user', content: 'What is 2 + 2?' }];

/** A function of one expression for each completion, or with a body of its own. */
const reward = (body: string): string =>
  `import json, re
def text_of(completion): return completion[0]["content"]
def reward(prompts, completions, answer, **kwargs):
    ${body.trim().replaceAll('\n', '\n    ')}
`;
const bodyOf = (source: string): string => source.split('\n').slice(3).join(' ').replaceAll(/ +/g, ' ').trim();
const named = (sources: string[]): [string, string][] => sources.map((source) => [bodyOf(source), source]);
const each = (expression: string) => reward(`return [${expression} for completion in completions]`);

async function failureOf(source: string, prompt: Prompt, completions = ['<answer>4</answer>', '5 apples']) {
  const set = await openText('form.py', source);
  const prompts = completions.map(() => prompt);
  const columns = { answer: completions.map(() => '4'), info: completions.map(() => 'four') };
  const [outcome] = await outcomesOf(set, { prompts, completions, columns });
  return outcome as Extract<RewardOutcome, { kind: 'failure' }>;
}

describe.skipIf(pythonMissing)('the form that a reward reads (needs python3 on the PATH)', () => {
  test.each(
    named([
      each('len(completion[0]["content"])'),
      each("float(completion[-1]['role'] == 'assistant')"),
      each('len(completion["content"])'),
      each('len(completion[0].get("content"))'),
      each('len(text_of(completion))'),
      each('len((lambda c: c[0]["content"])(completion))'),
      reward('return list(map(len, map(text_of, completions)))'),
      reward('return (len(completion[0]["content"]) for completion in completions)'),
      reward('print(completions[0][0]["content"])\nreturn [1.0] * len(completions)'),
      reward('question = prompts[0][-1]["content"]\nreturn [len(question)] * len(completions)'),
      reward(`
scores = []
for prompt, completion, expected in zip(prompts, completions, answer):
    message = completion[0]
    scores.append(float(message["content"] == expected))
return scores`),
      reward('return [len(c[0]["content"]) for _, c in enumerate(completions)]'),
      reward(
        'return [len(kwargs["info"][0]) + len(\n    completion[0][\n        "content"]) for completion in completions]',
      ),
    ]),
  )('messages of a text: %s', async (_, source) => {
    const failure = await failureOf(source, 'What is 2 + 2?');
    expect(failure).toMatchObject({ failure: 'throw', reads: 'chat', line: expect.any(Number) });
    expect(failure.message).toMatch(
      /^(TypeError: string ind|AttributeError: 'str').* \(prompts and completions are plain text/,
    );
    // With chat prompts the same is right.
    if (!source.includes('completion["content"]')) expect((await failureOf(source, CHAT)).kind).toBe('score');
  });

  test('messages of a text that is empty, or of one character', async () => {
    for (const completion of ['', '4'])
      expect(await failureOf(each('len(completion[0]["content"])'), 'p', [completion])).toMatchObject({
        reads: 'chat',
      });
  });

  test.each(
    named([
      each('len(completion.strip())'),
      each('len(completion[0].strip())'),
      each('bool(re.search(r"<answer>", completion))'),
      each('len(re.findall(pattern="a", string=completion))'),
      each('float(completion)'),
      each('len(json.loads(completion))'),
      each('len(completion + "</answer>")'),
      each('len("<think>" + completion)'),
      reward('return [len(prompt.split()) for prompt in prompts]'),
      reward(`
scores = []
for completion in completions:
    text = completion
    scores.append(len(text.split("<answer>")[-1]))
return scores`),
    ]),
  )('a text of messages: %s', async (_, source) => {
    const failure = await failureOf(source, CHAT);
    expect(failure).toMatchObject({ failure: 'throw', reads: 'text', line: expect.any(Number) });
    expect(failure.message).toContain('the text of a completion is completion[0]["content"])');
  });

  const others: [string, Prompt][] = [
    // A column's text, whatever it is equal to; a text of the function's own.
    [each('kwargs["info"][0]["content"]'), 'p'],
    [reward('return [a["content"] for a in answer]'), 'p'],
    [reward('return [a["content"] for a, c in zip(answer, completions)]'), 'p'],
    [each('json.loads(\'"text"\')["content"]'), 'p'],
    [each('[1, 2]["content"]'), 'p'],
    [each('completion[99]'), 'p'],
    [each('completion.lenght'), 'p'],
    [each('int(completion)'), 'p'],
    [each('int("x" + completion)'), 'p'],
    // Messages that are read as messages.
    [each('completion[0].text'), CHAT],
    [each('completion[0]["text"]'), CHAT],
    [each('answer.strip()'), CHAT],
    [each('re.search("a", answer)'), CHAT],
    [each('float(completion[0]["content"])'), CHAT],
    [each('completion[0]["content"].strip().nothing'), CHAT],
  ];
  test.each(others.map(([source, prompt]) => ({ body: bodyOf(source), source, prompt })))(
    'other mistakes are told as they are: $body',
    async ({ source, prompt }) => {
      const failure = await failureOf(source, prompt);
      expect(failure.failure).toBe('throw');
      expect(failure.reads).toBeUndefined();
      expect(failure.message).not.toMatch(/as in TRL/);
    },
  );
});
