/** Layouts as well-known datasets have them, each with what is proposed for a chat model, and that it works. */
import { describe, expect, test } from 'vitest';
import { proposeMapping } from '../../../../src/data/describe/proposal.ts';
import { rowMapping } from '../../../../src/data/row-mapping.ts';
import type { RowMapping } from '../../../../src/protocol/dataset-summary.ts';

type Row = Record<string, unknown>;

interface Layout {
  rows: Row[];
  chat: RowMapping;
  base: RowMapping['prompt'];
  /** The first prompt that comes of it, for a chat model and for one without a chat template. */
  asked: unknown;
  text: unknown;
  answer?: unknown;
  notes?: string[];
}

const user = (content: string) => [{ role: 'user', content }];
const hashes = 'Weng earns 12/60 = $<<12/60=0.2>>0.2 per minute.\n#### 10';

const LAYOUTS: Record<string, Layout> = {
  'openai/gsm8k': {
    rows: [
      { question: 'How much?', answer: hashes },
      { question: 'How many?', answer: 'So 1,000 + 1.\n#### 1,001' },
    ],
    chat: { prompt: { user: '{{ question }}' }, columns: null },
    base: { text: 'Question: {{ question }}\nAnswer:' },
    asked: user('How much?'),
    text: 'Question: How much?\nAnswer:',
    answer: hashes,
    notes: ['answer-after-hashes'],
  },
  'verl (data_source, prompt, reward_model)': {
    rows: [
      {
        data_source: 'openai/gsm8k',
        prompt: user('How much?'),
        ability: 'math',
        reward_model: { style: 'rule', ground_truth: '72' },
        extra_info: { index: 0, split: 'train', answer: 'long', question: 'How much?' },
      },
    ],
    chat: { prompt: null, columns: { answer: 'reward_model.ground_truth' } },
    base: { text: '{{ prompt[0].content }}\n' },
    asked: user('How much?'),
    text: 'How much?\n',
    answer: '72',
  },
  'BytedTsinghua-SIA/DAPO-Math-17k': {
    rows: [
      {
        data_source: 'math_dapo',
        prompt: user('Solve the following math problem. Answer: $Answer'),
        ability: 'MATH',
        reward_model: { ground_truth: '34', style: 'rule-lighteval/MATH_v2' },
        extra_info: { index: '9a9b' },
      },
    ],
    chat: { prompt: null, columns: { answer: 'reward_model.ground_truth' } },
    base: { text: '{{ prompt[0].content }}\n' },
    asked: user('Solve the following math problem. Answer: $Answer'),
    text: 'Solve the following math problem. Answer: $Answer\n',
    answer: '34',
  },
  'hendrycks/competition_math': {
    rows: [
      { problem: 'Find $x$.', level: 'Level 5', type: 'Algebra', solution: 'So $x=\\boxed{\\frac{1}{2}}$.' },
      { problem: 'Find $y$.', level: 'Level 1', type: 'Algebra', solution: 'It is \\boxed{3}, as $1+2=3$.' },
    ],
    chat: { prompt: { user: '{{ problem }}' }, columns: { answer: 'solution' } },
    base: { text: 'Question: {{ problem }}\nAnswer:' },
    asked: user('Find $x$.'),
    text: 'Question: Find $x$.\nAnswer:',
    answer: 'So $x=\\boxed{\\frac{1}{2}}$.',
    notes: ['boxed-answer'],
  },
  'HuggingFaceH4/MATH-500': {
    rows: [{ problem: 'Find $x$.', solution: '\\boxed{3}', answer: '3', subject: 'Algebra', level: 1, unique_id: 'a' }],
    chat: { prompt: { user: '{{ problem }}' }, columns: null },
    base: { text: 'Question: {{ problem }}\nAnswer:' },
    asked: user('Find $x$.'),
    text: 'Question: Find $x$.\nAnswer:',
    answer: '3',
  },
  'zwhe99/DeepMath-103K': {
    rows: [{ question: 'Evaluate.', final_answer: '0', difficulty: 4.5, topic: 'Calculus', r1_solution_1: 'Okay' }],
    chat: { prompt: { user: '{{ question }}' }, columns: { answer: 'final_answer' } },
    base: { text: 'Question: {{ question }}\nAnswer:' },
    asked: user('Evaluate.'),
    text: 'Question: Evaluate.\nAnswer:',
    answer: '0',
  },
  'open-r1/OpenR1-Math-220k (problem, answer, messages)': {
    rows: [
      {
        problem: 'Find $x$.',
        solution: 'long',
        answer: '3',
        messages: [...user('Find $x$.'), { role: 'assistant', content: '<think>…' }],
      },
    ],
    chat: { prompt: { user: '{{ problem }}' }, columns: null },
    base: { text: 'Question: {{ problem }}\nAnswer:' },
    asked: user('Find $x$.'),
    text: 'Question: Find $x$.\nAnswer:',
    answer: '3',
  },
  'tatsu-lab/alpaca': {
    rows: [
      { instruction: 'Name three colors.', input: '', output: 'Red …' },
      { instruction: 'Sort them.', input: '3 1 2', output: '1 2 3' },
    ],
    chat: { prompt: { user: '{{ instruction }}{% if input %}{{ "\\n\\n" + input }}{% endif %}' }, columns: null },
    base: { text: '{{ instruction }}{% if input %}{{ "\\n\\n" + input }}{% endif %}\n' },
    asked: user('Name three colors.'),
    text: 'Name three colors.',
  },
  'HuggingFaceH4/ultrachat_200k (messages that end in an answer)': {
    rows: [
      { messages: [...user('Hi'), { role: 'assistant', content: 'Hello' }, ...user('And?')].slice(0, 2) },
      {
        messages: [
          ...user('A'),
          { role: 'assistant', content: 'B' },
          ...user('C'),
          { role: 'assistant', content: 'D' },
        ],
      },
    ],
    chat: { prompt: { user: '{{ messages[0].content }}' }, columns: null },
    base: { text: '{{ messages[0].content }}\n' },
    asked: user('Hi'),
    text: 'Hi\n',
    notes: ['ends-with-answer'],
  },
  'messages with a system message': {
    rows: [
      { messages: [{ role: 'system', content: 'Be brief.' }, ...user('Hi'), { role: 'assistant', content: 'Hello' }] },
    ],
    chat: { prompt: { system: '{{ messages[0].content }}', user: '{{ messages[1].content }}' }, columns: null },
    base: { text: '{{ messages[1].content }}\n' },
    asked: [{ role: 'system', content: 'Be brief.' }, ...user('Hi')],
    text: 'Hi\n',
    notes: ['ends-with-answer'],
  },
  'messages of which some have a system message': {
    rows: [
      { messages: [{ role: 'system', content: 'Be brief.' }, ...user('Hi'), { role: 'assistant', content: 'Hello' }] },
      { messages: [...user('Hi'), { role: 'assistant', content: 'Hello' }] },
    ],
    chat: {
      prompt: { user: '{{ (messages | selectattr("role", "equalto", "user") | first).content }}' },
      columns: null,
    },
    base: { text: '{{ (messages | selectattr("role", "equalto", "user") | first).content }}\n' },
    asked: user('Hi'),
    text: 'Hi\n',
    notes: ['ends-with-answer'],
  },
  'teknium/OpenHermes (ShareGPT)': {
    rows: [
      {
        conversations: [
          { from: 'human', value: 'Hi', weight: null },
          { from: 'gpt', value: 'Hello', weight: null },
        ],
        source: 'airoboros',
      },
    ],
    chat: { prompt: { user: '{{ conversations[0].value }}' }, columns: null },
    base: { text: '{{ conversations[0].value }}\n' },
    asked: user('Hi'),
    text: 'Hi\n',
    notes: ['ends-with-answer'],
  },
  'cais/mmlu': {
    rows: [{ question: 'Which?', subject: 'abstract_algebra', choices: ['one', 'two'], answer: 1 }],
    chat: {
      prompt: { user: '{{ question }}\n{% for choice in choices %}{{ loop.index0 }}. {{ choice }}\n{% endfor %}' },
      columns: null,
    },
    base: {
      text: 'Question: {{ question }}\n{% for choice in choices %}{{ loop.index0 }}. {{ choice }}\n{% endfor %}\nAnswer:',
    },
    asked: user('Which?\n0. one\n1. two\n'),
    text: 'Question: Which?\n0. one\n1. two\nAnswer:',
    answer: 1,
  },
  'trl-lib/tldr': {
    rows: [{ prompt: 'SUBREDDIT: r/x\nTL;DR:', completion: ' short' }],
    chat: { prompt: { user: '{{ prompt }}' }, columns: null },
    base: null,
    asked: user('SUBREDDIT: r/x\nTL;DR:'),
    text: 'SUBREDDIT: r/x\nTL;DR:',
  },
  'Jiayi-Pan/Countdown-Tasks-3to4 (no prompt)': {
    rows: [{ target: 98, nums: [44, 19, 35] }],
    chat: { prompt: null, columns: { answer: 'target' } },
    base: null,
    asked: undefined,
    text: undefined,
  },
  'a table with names that are none in templates': {
    rows: [{ 'Question Text': 'How much?', 'Correct Answer': '3' }],
    chat: {
      prompt: { user: '{{ Question_Text }}' },
      columns: { Question_Text: 'Question Text', answer: 'Correct Answer' },
    },
    base: { text: 'Question: {{ Question_Text }}\nAnswer:' },
    asked: user('How much?'),
    text: 'Question: How much?\nAnswer:',
    answer: '3',
  },
  'prompts that were written with a chat template': {
    rows: [{ prompt: '<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n', answer: '3' }],
    chat: { prompt: null, columns: null },
    base: null,
    asked: '<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n',
    text: '<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n',
    answer: '3',
    notes: ['has-template-tokens'],
  },
};

describe.each(Object.entries(LAYOUTS))('%s', (_, { rows, chat, base, asked, text, answer, notes = [] }) => {
  const mapped = (mapping: RowMapping) => {
    const raw = rows.map((value, index) => ({ value, at: { file: 'rows.jsonl', line: index + 1 } }));
    return raw.map(rowMapping(raw, mapping));
  };

  test('for a chat model', () => {
    const { proposal, findings } = proposeMapping(rows, { chat: true });
    expect({ prompt: proposal.prompt, columns: proposal.columns }).toEqual(chat);
    expect(findings.map(({ kind }) => kind)).toEqual(notes);
    expect(proposal.promptColumn === null).toBe(asked === undefined);
    if (asked === undefined) return;
    const [first, ...others] = mapped(proposal);
    expect(first!.prompt).toEqual(asked);
    expect(first!.columns.answer).toEqual(answer);
    expect(others).toHaveLength(rows.length - 1);
  });

  test('for a model without a chat template', () => {
    const { proposal } = proposeMapping(rows, { chat: false });
    expect(proposal.prompt).toEqual(base);
    if (text !== undefined) expect(mapped(proposal)[0]!.prompt).toEqual(text);
  });
});

test('system messages are skipped where there is no chat template, which is said', () => {
  const rows = [{ prompt: [{ role: 'system', content: 'Be brief.' }, ...user('Hi')] }];
  const { findings } = proposeMapping(rows, { chat: false });
  expect(findings.map(({ kind }) => kind)).toEqual(['without-system']);
  expect(proposeMapping(rows, { chat: true }).findings).toEqual([]);
});
