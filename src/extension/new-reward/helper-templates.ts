import { ANSWER } from '../../text/answer-column.ts';
import type { Row } from './column-types.ts';
import type { Template } from './template.ts';

interface Helper {
  helper: string;
  detail: string;
  /** The call; `column` has the right answers. */
  call(column: string): string;
  /** Which of a dataset's values can be a right answer; without it the helper asks for no column. */
  answers?: (value: unknown) => boolean;
  /** Without a dataset that fits. */
  examples: Row[];
  /** Completions and what they are worth, given the right answer. */
  tried(answer: string): [completion: string, score: number | [number, number]][];
}

const isNumeric = (value: unknown): boolean =>
  typeof value === 'number' || (typeof value === 'string' && /^-?\d{1,12}(\.\d{1,6})?$/.test(value));
/** LaTeX that is one value, which can be added to. */
const isFormula = (value: unknown): boolean =>
  typeof value === 'string' && /^[\d+\-^{}a-z]*\\(?:frac|sqrt|pi)[\d+\-^{}\\a-z]*$/.test(value);
const isShort = (value: unknown): boolean =>
  isNumeric(value) || (typeof value === 'string' && /^[^\n<>]{1,60}$/.test(value.trim()));
const quoted = (text: string): string => `'${text.replace(/['\\]/g, '\\$&')}'`;
const QUESTION = { prompt: 'What is 12 + 13?', answer: 25 };
const STORY = { prompt: 'Tell a story.' };
const ADD = ['1, 2', '-1, 1'].map((values) => `add(${values})`);

const HELPERS: Helper[] = [
  {
    helper: 'numericMatch',
    detail: 'The answer equals the expected number: fractions, percent, <answer>, \\boxed{}',
    call: (column) => `numericMatch({ column: ${quoted(column)} })`,
    answers: isNumeric,
    examples: [QUESTION],
    tried: (answer) => [
      [`<answer>${answer}</answer>`, 1],
      [`It makes $\\boxed{${answer}}$.`, 1],
      [`<answer>${Number(answer) + 1}</answer>`, 0],
      ['', 0],
    ],
  },
  {
    helper: 'mathMatch',
    detail: 'The answer is mathematically equal: LaTeX, expressions, sets, intervals, equations',
    call: (column) => `mathMatch({ column: ${quoted(column)} })`,
    answers: isFormula,
    examples: [{ prompt: 'What is the square root of one half?', answer: '\\frac{1}{\\sqrt{2}}' }],
    tried: (answer) => [
      [`<answer>${answer}</answer>`, 1],
      [`It makes $\\boxed{${answer}}$.`, 1],
      [`<answer>1 + ${answer}</answer>`, 0],
      ['', 0],
    ],
  },
  {
    helper: 'exactMatch',
    detail: 'The answer equals the expected text',
    call: (column) => `exactMatch({ column: ${quoted(column)} })`,
    answers: isShort,
    examples: [{ prompt: 'What is the capital of France?', answer: 'Paris' }],
    tried: (answer) => [
      [`<answer>${answer}</answer>`, 1],
      [`<answer>not ${answer}</answer>`, 0],
      ['', 0],
    ],
  },
  {
    helper: 'tagFormat',
    detail: 'Each tag appears exactly once, in order',
    call: () => "tagFormat({ tags: ['reasoning', 'answer'] })",
    examples: [QUESTION],
    tried: () => [
      ['<reasoning>It is easy.</reasoning><answer>25</answer>', 1],
      ['<answer>25</answer>', 0],
      ['<reasoning>It is easy.<answer>25', 0],
    ],
  },
  {
    helper: 'thinkFormat',
    detail: 'One <think>…</think> block, then an answer; also when the chat template has already opened the tag',
    call: () => 'thinkFormat()',
    examples: [QUESTION],
    tried: () => [
      ['<think>It is easy.</think> 25', 1],
      ['<think>It is easy. 25', 0],
      ['25', 0],
    ],
  },
  {
    helper: 'tagCount',
    detail: 'Grows with each tag that appears exactly once',
    call: () => 'tagCount()',
    examples: [QUESTION],
    tried: () => [
      ['<think>It is easy.</think><answer>25</answer>', 1],
      ['<think>It is easy.</think><answer>25', 0.75],
      ['25', 0],
    ],
  },
  {
    helper: 'reasoningSteps',
    detail: 'Reasoning is written as steps',
    call: () => 'reasoningSteps()',
    examples: [QUESTION],
    tried: () => [
      ['First, 10 + 10 = 20.\nNext, 2 + 3 = 5.\nFinally, 20 + 5 = 25.', 1],
      ['25', 0],
    ],
  },
  {
    helper: 'codeFormat',
    detail: 'A closed Markdown code block',
    call: () => "codeFormat({ language: 'python' })",
    examples: [{ prompt: 'Write a Python function add(a, b).' }],
    tried: () => [
      ['```python\ndef add(a, b):\n    return a + b\n```', 1],
      ['def add(a, b): return a + b', 0],
    ],
  },
  {
    helper: 'lengthReward',
    detail: 'Length is within a range',
    call: () => 'lengthReward({ min: 4, max: 20, falloff: 20 })',
    examples: [STORY],
    tried: () => [
      ['Once upon a time there was an end.', 1],
      ['Once. '.repeat(20), 0.5],
    ],
  },
  {
    helper: 'overlongPenalty',
    detail: "DAPO's soft overlong penalty",
    call: () => 'overlongPenalty({ maxLength: 40, cache: 20 })',
    examples: [STORY],
    tried: () => [
      ['Once upon a time there was an end.', 0],
      ['Once. '.repeat(20), -0.5],
      ['Once. '.repeat(40), -1],
    ],
  },
  {
    helper: 'repetitionPenalty',
    detail: 'Penalizes repeated n-grams',
    call: () => 'repetitionPenalty({ n: 3 })',
    examples: [STORY],
    tried: () => [
      ['Once upon a time there was an end.', 0],
      ['and then '.repeat(20), [-1, -0.9]],
    ],
  },
  {
    helper: 'jsonFormat',
    detail: 'Valid JSON that matches a schema',
    call: () => "jsonFormat({ schema: { type: 'object', required: ['answer'] } })",
    examples: [QUESTION],
    tried: () => [
      ['{"answer": 25}', 1],
      ['{"result": 25}', 0],
      ['{"answer": 25', 0],
    ],
  },
  {
    helper: 'regexMatch',
    detail: 'Matches a regular expression',
    call: () => 'regexMatch(/\\bthe answer is\\b/i)',
    examples: [QUESTION],
    tried: () => [
      ['The answer is 25.', 1],
      ['25', 0],
    ],
  },
  {
    helper: 'languageConsistency',
    detail: 'Written in a single script',
    call: () => "languageConsistency({ writing: 'Latin' })",
    examples: [STORY],
    tried: () => [
      ['Once upon a time', 1],
      ['Жили-были', 0],
    ],
  },
  {
    helper: 'codeTests',
    detail: 'A Python program passes tests, in a separate process with limits',
    call: (column) => `codeTests({ language: 'python', column: ${quoted(column)} })`,
    answers: () => false,
    examples: [
      { prompt: 'Write a Python function add(a, b).', tests: [`assert ${ADD[0]} == 3`, `assert ${ADD[1]} == 0`] },
    ],
    tried: () => [
      ['```python\ndef add(a, b):\n    return a + b\n```', 1],
      ['```python\ndef add(a, b):\n    return 3\n```', 0.5],
      ['I cannot.', 0],
    ],
  },
  {
    helper: 'codeTests',
    detail: 'A JavaScript program passes tests, in a separate process with limits',
    call: (column) => `codeTests({ language: 'javascript', column: ${quoted(column)} })`,
    answers: () => false,
    examples: [
      {
        prompt: 'Write a JavaScript function add(a, b).',
        tests: [`assert.equal(${ADD[0]}, 3)`, `assert.equal(${ADD[1]}, 0)`],
      },
    ],
    tried: () => [
      ['```js\nconst add = (a, b) => a + b;\n```', 1],
      ['```js\nconst add = () => 3;\n```', 0.5],
      ['I cannot.', 0],
    ],
  },
  {
    helper: 'rewardModel',
    detail: 'Scored by a reward model (ONNX); requires npm install @huggingface/transformers',
    call: () => "await rewardModel({ model: '../models/reward' })",
    examples: [STORY],
    tried: () => [],
  },
  {
    helper: 'judge',
    detail: 'Judged by a language model on a server: Ollama, llama.cpp, vLLM, a cloud',
    call: () =>
      "judge({\n  url: 'http://localhost:11434/v1',\n  model: 'qwen3:8b',\n  rubric: 'It answers the question, and claims nothing else.',\n})",
    examples: [STORY],
    tried: () => [],
  },
  {
    helper: 'localJudge',
    detail: 'Judged by a language model on this machine, without a server',
    call: () =>
      "await localJudge({\n  model: '../models/judge',\n  rubric: 'It answers the question, and claims nothing else.',\n})",
    examples: [STORY],
    tried: () => [],
  },
];

export const HELPER_TEMPLATES: readonly Template[] = HELPERS.map((helper) => ({
  label: helper.helper,
  detail: helper.detail,
  language: 'typescript',
  make: (name, rows) => {
    const { given, column } = examplesFor(helper, rows);
    const samples = given.flatMap((row) =>
      helper
        .tried(String(row[column]))
        .map(([completion, score]) => ({ ...row, completion, expect: { [name]: score } })),
    );
    return {
      source: `import { ${helper.helper} } from 'grpo/rewards';

/** Hover over ${helper.helper} to read what it does, and how to set it. */
export const ${name} = ${helper.call(column)};
`,
      samples: samples.length > 0 ? samples : given.map((row) => ({ ...row, completion: 'Once upon a time.' })),
    };
  },
}));

/** The dataset's first rows with the column of their answers; the helper's own example where the dataset has no such column, or there is none. */
function examplesFor({ answers, examples }: Helper, rows: readonly Row[]): { given: readonly Row[]; column: string } {
  const own = Object.keys(examples[0]!).find((key) => key !== 'prompt') ?? '';
  const given = rows.slice(0, 2);
  if (given.length === 0) return { given: examples, column: own };
  if (!answers) return { given, column: own };
  const fit = Object.keys(given[0]!).filter((key) => key !== 'prompt' && given.every((row) => answers(row[key])));
  const column = fit.find((key) => ANSWER.test(key)) ?? fit[0];
  return column === undefined ? { given: examples, column: own } : { given, column };
}
