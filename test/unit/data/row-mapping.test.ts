/** Rows become prompts and columns as the run config says, with the texts that Jinja2 gives. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { type MappingSettings, rowMapping } from '../../../src/data/row-mapping.ts';
import { parseJsonLines } from '../../../src/files/json-lines.ts';
import type { BadInput } from '../../../src/protocol/errors.ts';
import { stringifyExact } from '../../../src/text/exact-json.ts';

interface Fixture {
  rows: string[];
  cases: { template: string; row: number; text?: string; error?: string }[];
}
const fixture: Fixture = JSON.parse(readFileSync('test/references/fixtures/prompt-templates.json', 'utf8'));

const rowsOf = (...texts: string[]) =>
  parseJsonLines(texts.join('\n'), 'rows.jsonl').map(({ value, line }) => ({
    value,
    at: { file: 'rows.jsonl', line },
  }));

/** The rows of a dataset as a config maps them; the place of a field is its path. */
function mapped(settings: Partial<MappingSettings>, ...texts: string[]) {
  const rows = rowsOf(...texts);
  const map = rowMapping(
    rows,
    { prompt: null, columns: null, ...settings },
    { placeOf: (path) => ({ file: path.join('.') }) },
  );
  return rows.map(map);
}

function refusal(settings: Partial<MappingSettings>, ...texts: string[]): string {
  try {
    mapped(settings, ...texts);
  } catch (error) {
    return (error as BadInput).message;
  }
  throw new Error('accepted');
}

describe('templates', () => {
  const map = (template: string) => rowMapping(rowsOf(...fixture.rows), { prompt: { text: template }, columns: null });
  test.each(fixture.cases)('$template, row $row, as Jinja2', ({ template, row, text, error }) => {
    const prompt = () => map(template)(rowsOf(...fixture.rows)[row]!).prompt;
    if (error !== undefined)
      expect(prompt).toThrow(/^rows\.jsonl:\d: "prompt\.text" cannot be rendered for this row: /);
    else if (text === '') expect(prompt).toThrow('The "prompt.text" is empty.');
    else expect(prompt()).toBe(text);
  });
});

const GSM8K = '{"question":"How many?","answer":"2 + 2 = 4\\n#### 4"}';

test('a column, a text, and messages with a beginning of the answer', () => {
  expect(mapped({ prompt: 'question' }, GSM8K)).toEqual([
    { prompt: 'How many?', columns: { question: 'How many?', answer: '2 + 2 = 4\n#### 4' } },
  ]);
  expect(mapped({ prompt: { text: 'Q: {{ question }}\nA:' } }, GSM8K)[0]!.prompt).toBe('Q: How many?\nA:');
  const prompt = { system: 'Think first.', user: '{{ question }}', prefill: '<think>\n' };
  expect(mapped({ prompt }, GSM8K)[0]!.prompt).toEqual([
    { role: 'system', content: 'Think first.' },
    { role: 'user', content: 'How many?' },
    { role: 'assistant', content: '<think>\n', prefix: true },
  ]);
});

const VERL =
  '{"data_source":"a","prompt":[{"role":"user","content":"Hi"}],"reward_model":{"ground_truth":5.0,"style":"rule"},"a.b":1}';

test('columns are renamed, taken out of others, and kept as they are written', () => {
  const columns = { answer: 'reward_model.ground_truth', dotted: 'a.b', first: 'prompt.0.content' };
  const [row] = mapped({ columns }, VERL);
  expect(row!.prompt).toEqual([{ role: 'user', content: 'Hi' }]);
  expect(stringifyExact(row!.columns)).toBe(
    '{"data_source":"a","reward_model":{"ground_truth":5.0,"style":"rule"},"a.b":1,"answer":5.0,"dotted":1,"first":"Hi"}',
  );
  // Templates see them too.
  expect(mapped({ columns, prompt: { text: '{{ answer }} {{ first }}' } }, VERL)[0]!.prompt).toBe('5.0 Hi');
  expect(mapped({ columns, prompt: 'first' }, VERL)[0]!.prompt).toBe('Hi');
});

test('a column that some rows lack is null there', () => {
  const rows = mapped(
    { prompt: { text: '{{ q }}{{ hint or "" }}' }, columns: { x: 'm.x' } },
    '{"q":"a","m":{"x":1}}',
    '{"q":"b","hint":"!"}',
  );
  expect(rows).toEqual([
    { prompt: 'a', columns: { q: 'a', m: { x: 1 }, hint: null, x: 1 } },
    { prompt: 'b!', columns: { q: 'b', m: null, hint: '!', x: null } },
  ]);
});

describe('bad input is one sentence at its place', () => {
  test.each<[Partial<MappingSettings>, string]>([
    [
      {},
      'dataset: The dataset has no column "prompt"; it has question, answer. Say in the run config how a row becomes a prompt, such as "prompt": "question".',
    ],
    [
      { prompt: 'questoin' },
      'prompt: "prompt" names "questoin", which is not a column of the dataset (it has question, answer). Did you mean "question"?',
    ],
    [
      { prompt: { user: '{{ questions }}' } },
      'prompt.user: "prompt.user" uses "questions", which is not a column of the dataset (it has question, answer). Did you mean "question"?',
    ],
    [{ prompt: { text: '{{ question ' } }, 'prompt.text: "prompt.text" is not a valid Jinja template: '],
    [{ prompt: { text: '{{ question.x.y }}' } }, `rows.jsonl:1: "prompt.text" cannot be rendered for this row: `],
    [{ prompt: { user: '{{ question[9:] }}' } }, 'rows.jsonl:1: "prompt.user" is empty for this row.'],
    [
      { columns: { solution: 'answers' }, prompt: 'question' },
      'columns.solution: "columns.solution" names "answers", which is not a column of the dataset (it has question, answer). Did you mean "answer"?',
    ],
    [
      { columns: { x: 'answer.y' }, prompt: 'question' },
      'columns.x: "columns.x" names "answer.y", which is not a column',
    ],
    [
      { columns: { prompt: 'question' } },
      'columns.prompt: "columns" cannot give a column called "prompt", which "prompt" of the config sets; use another name.',
    ],
  ])('%j', (settings, message) => expect(refusal(settings, GSM8K)).toContain(message));

  test('a prompt that is none is named by its column, at its row', () => {
    expect(refusal({ prompt: 'question' }, GSM8K, '{"question":3}')).toBe(
      'rows.jsonl:2: The "question" must be a text, or a list of { "role", "content" } messages.',
    );
    expect(refusal({ prompt: 'question' }, GSM8K, '{"answer":"4"}')).toBe(
      'rows.jsonl:2: This row has no "question" (a text, or a list of chat messages).',
    );
  });

  test.each<[boolean, string, unknown]>([
    [false, GSM8K, 'question'],
    [true, GSM8K, { user: '{{ question }}' }],
    [true, '{"messages":[{"role":"user","content":"Hi"}]}', 'messages'],
    [true, '{"promt":"Hi","question":"?"}', { user: '{{ promt }}' }],
  ])('a missing "prompt" comes with its remedy (chat model: %j, %s)', (isChat, row, value) => {
    try {
      rowMapping(rowsOf(row), { prompt: null, columns: null }, { isChat: () => isChat });
    } catch (error) {
      const { kind, remedy } = (error as BadInput).problem;
      expect({ kind, remedy }).toEqual({
        kind: 'no-prompt',
        remedy: { action: 'set', path: ['prompt'], value },
      });
    }
    expect.assertions(1);
  });
});
