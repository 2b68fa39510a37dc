import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const system = 'Think step by step. End with "####" and the number.';
const rolls =
  'A baker sells 48 rolls on Monday and half as many on Tuesday. How many rolls does she sell on both days together?';
const train = 'A train has 6 coaches with 32 seats each. 150 seats are taken. How many are free?';

/** Chat prompts, answers of several lines, and one sample that a model wrote. */
const samples = [
  sample(
    rolls,
    '72',
    'On Monday she sells 48 rolls.\nOn Tuesday she sells 48 / 2 = 24 rolls.\nTogether that is 48 + 24 = 72.\n\n#### 72',
    {
      expect: { correct: 1 },
    },
  ),
  sample(rolls, '72', 'Half of 48 is 24.\n\tSo she sells 48 - 24 = 24 rolls.  \n#### 24', { expect: { correct: 0 } }),
  sample(rolls, '72', 'The answer is 72.', { expect: { correct: 1 } }),
  sample(rolls, '72', '#### 72 rolls are sold, or 24, or 48', { generated: true }),
  sample(train, '42', 'There are 6 × 32 = 192 seats.\n192 − 150 = 42 of them are free.\n\n#### 42', {
    expect: { correct: 1 },
  }),
  sample(train, '42', 'There are 6 + 32 = 38 seats, so none is free.\n\n#### 0', {}),
];

function sample(user: string, answer: string, completion: string, more: object): object {
  const prompt = [
    { role: 'system', content: system },
    { role: 'user', content: user },
  ];
  return { prompt, source: 'by hand', answer, completion, ...more };
}

const reward = String.raw`import type { RewardInput, RewardResult } from 'grpo/rewards';

/** One point for the right number behind "####". */
export function correct({ completion, answer }: RewardInput<{ answer: string }>): RewardResult {
  const found = /####\s*(-?[\d.,]+)/.exec(completion)?.[1];
  const reason = found === undefined ? 'there is no "####"' : found === answer ? 'right' : 'should be ' + answer;
  return { score: found === answer ? 1 : 0, ...(found !== undefined && { extracted: found }), reason };
}

/** Half a point for an answer that shows its steps. */
export const steps = ({ completion }: RewardInput): number => (completion.trim().split('\n').length > 2 ? 0.5 : 0);
`;

const template = `{% for message in messages %}<|{{ message.role }}|>
{{ message.content }}
{% endfor %}{% if add_generation_prompt %}<|assistant|>
{% endif %}`;

/** Puts samples of school mathematics into a sample workspace, with their reward, and a model with a chat template. */
export function addMathSamples(workspace: string): void {
  const inside = (path: string) => join(workspace, path);
  cpSync(inside('models/tiny-sort'), inside('models/tiny-chat'), { recursive: true });
  const tokenizer = inside('models/tiny-chat/tokenizer_config.json');
  const config = { ...JSON.parse(readFileSync(tokenizer, 'utf8')), chat_template: template };
  writeFileSync(tokenizer, JSON.stringify(config));
  const rows = [rolls, train].map((prompt) => JSON.stringify({ prompt, answer: '', source: '' }));
  writeFileSync(inside('data/math.train.jsonl'), `${rows.join('\n')}\n`);
  writeFileSync(inside('rewards/math.reward.ts'), reward);
  writeFileSync(inside('samples/math.samples.jsonl'), `${samples.map((row) => JSON.stringify(row)).join('\n')}\n`);
  const run = { model: 'models/tiny-chat', dataset: 'data/math.train.jsonl', rewards: ['rewards/math.reward.ts'] };
  writeFileSync(inside('math.grpo.json'), JSON.stringify(run));
}
