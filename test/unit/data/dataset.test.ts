import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { loadDataset as loadNamed } from '../../../src/data/dataset.ts';
import { loadRollouts } from '../../../src/data/recorded-rollouts.ts';
import { loadSamples } from '../../../src/data/samples.ts';
import { BadInput, type SourceLocation } from '../../../src/protocol/errors.ts';

let folder: string;
let file: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'grpo-data-'));
  file = join(folder, 'rows.jsonl');
});
afterAll(() => rmSync(folder, { recursive: true }));

const loadDataset = (named: string, at?: SourceLocation) => loadNamed({ named, at }, { prompt: null, columns: null });

function read<T>(reader: (file: string) => T, text: string): T {
  writeFileSync(file, text);
  return reader(file);
}

async function problem(reader: (file: string) => unknown, text: string): Promise<string> {
  try {
    await read(reader, text);
  } catch (error) {
    expect(error).toBeInstanceOf(BadInput);
    return (error as BadInput).message.replace(file, '');
  }
  throw new Error('accepted');
}

const NO_CONTENT =
  ':1: Message 0 of the "prompt" must have a "content": a text, a list of parts such as { "type": "text", "text": "..." }, or null.';
const jsonl = (...rows: unknown[]): string => rows.map((row) => JSON.stringify(row)).join('\n');

describe('a dataset', () => {
  test('may have a byte order mark, CRLF, blank lines, and rows with different columns', async () => {
    const rows = await read(
      loadDataset,
      '\uFEFF{"prompt":"a","x":1}\r\n\r\n{"prompt":"b","y":[2],"completion":"no"}\n',
    );
    expect(rows).toEqual([
      { prompt: 'a', columns: { x: 1, y: null }, at: { file, line: 1 } },
      { prompt: 'b', columns: { x: null, y: [2] }, at: { file, line: 3 } },
    ]);
  });

  test('may have chat messages as prompts', async () => {
    const prompt = [{ role: 'user', content: 'Sort 3 1 2' }];
    expect((await read(loadDataset, jsonl({ prompt })))[0]!.prompt).toEqual(prompt);
  });

  test('keeps messages as they are for the chat template: tool calls without content, parts, names', async () => {
    const call = { type: 'function', function: { name: 'sum', arguments: { a: 2 } } };
    const prompt = [
      { role: 'user', content: [{ type: 'text', text: '2+2?' }], name: 'Ann' },
      { role: 'assistant', content: null, tool_calls: [call] },
      { role: 'tool', content: '4', tool_call_id: '1' },
      { role: 'assistant', tool_calls: [call] },
      { role: 'tool', content: '4' },
    ];
    expect((await read(loadDataset, jsonl({ prompt })))[0]!.prompt).toEqual(prompt);
  });

  test.each([
    ['', ': The dataset has no rows; write one JSON object per line.'],
    ['\n \r\n', ': The dataset has no rows; write one JSON object per line.'],
    ['{"prompt":"a"}\n{"prompt" "b"}', ':2:11: This is not valid JSON: colon expected.'],
    ['{"prompt":"a"}\n{"prompt":"b"', ':2:14: This is not valid JSON: close brace expected.'],
    ['{"prompt":"a","x":NaN}', ":1:19: NaN is not JSON (Python's json writes it all the same); write null, or a text."],
    [
      '{"prompt":"a","x":[-Infinity]}',
      ":1:20: -Infinity is not JSON (Python's json writes it all the same); write null, or a text.",
    ],
    ['{"prompt":"a"}\n["a"]', ':2: A row must be a JSON object, { ... }.'],
    ['["a"]', ':1: A row must be a JSON object, { ... }.'],
    [
      '{\n"prompt":"a"\n}',
      ':1: This file is one JSON object over several lines; a dataset is a JSON list of objects, or JSON Lines: one object per line.',
    ],
    ['prompt,answer\n"a, b",2', ':1: This file looks like CSV, not JSON; rename it so that it ends in .csv.'],
    ['"prompt","answer"\n', ':1: This file looks like CSV, not JSON; rename it so that it ends in .csv.'],
    ['prompt\tanswer\n', ':1: This file looks like TSV, not JSON; rename it so that it ends in .tsv.'],
    ['{"prompt":"a","__proto__":1}', ':1: No column can be called "__proto__"; rename it.'],
    ['{"prompt":"a"}\n{"promt":"a"}', ':2: This row has no "prompt" (a text, or a list of chat messages).'],
    ['{"prompt":3}', ':1: The "prompt" must be a text, or a list of { "role", "content" } messages.'],
    ['{"prompt":""}', ':1: The "prompt" is empty.'],
    ['{"prompt":[]}', ':1: The "prompt" is empty.'],
    ['{"prompt":[null]}', ':1: Message 0 of the "prompt" must have a "role", a text.'],
    ['{"prompt":[{"role":"user"}]}', NO_CONTENT],
    ['{"prompt":[{"role":"user","content":3}]}', NO_CONTENT],
    ['{"prompt":[{"role":"user","content":["a"]}]}', NO_CONTENT],
    ['{"prompt":[{"role":"user","content":[{"text":1}]}]}', NO_CONTENT],
  ])('bad: %j', (text, message) => expect(problem(loadDataset, text)).resolves.toBe(message));

  // Every object inherits these.
  test('columns may be called as what JavaScript objects have', async () => {
    const names = ['constructor', 'toString', 'hasOwnProperty'];
    const rows = await read(
      loadDataset,
      jsonl({ prompt: 'a' }, { prompt: 'b', constructor: 1, toString: [2], hasOwnProperty: 'c' }),
    );
    expect(names.map((name) => rows[0]!.columns[name])).toEqual([null, null, null]);
    expect(names.map((name) => rows[1]!.columns[name])).toEqual([1, [2], 'c']);
  });

  test('a missing one is reported where it was asked for', async () => {
    const at = { file: 'sort.grpo.json', line: 3, column: 14 };
    await expect(loadDataset(join(folder, 'no.jsonl'), at)).rejects.toThrow(
      /^sort\.grpo\.json:3:14: The dataset .*no\.jsonl does/,
    );
  });
});

describe('samples', () => {
  test('add a completion and what to expect', () => {
    const expected = { ordering: 3, total: [6, 7] };
    const rows = read(
      loadSamples,
      jsonl({ prompt: 'p', completion: 'c', digits: [1], expect: expected }, { prompt: 'p', completion: '' }),
    );
    expect(rows[0]).toEqual({ prompt: 'p', completion: 'c', columns: { digits: [1] }, expect: expected, line: 1 });
    expect(rows[1]).toEqual({ prompt: 'p', completion: '', columns: { digits: null }, line: 2 });
  });

  test.each([
    [{}, ':1: This sample has no "completion" (a text).'],
    [{ completion: 'c', expect: 3 }, ':1: "expect" must be an object, such as { "ordering": 3, "total": [6, 7] }.'],
    [{ completion: 'c', expect: { f: '3' } }, ':1: "expect.f" must be a number, or a range such as [6, 7].'],
    [{ completion: 'c', expect: { f: [1, 2, 3] } }, ':1: "expect.f" must be a number, or a range such as [6, 7].'],
    [{ completion: 'c', expect: { f: [7, 6] } }, ':1: "expect.f" must give the lower end of the range first.'],
  ])('bad: %j', (row, message) => expect(problem(loadSamples, jsonl({ prompt: 'p', ...row }))).resolves.toBe(message));
});

describe('recorded rollouts', () => {
  const reader = (path: string) => loadRollouts(path, { numGenerations: 2, promptsPerStep: 2 });
  const completions = (text: string) =>
    read(reader, text).map((step) => step.map((group) => group.map((row) => row.completion ?? row.completionIds)));

  test('form groups and steps in file order when the rows do not say', () => {
    const rows = ['a', 'a', 'b', 'b', 'c', 'c'].map((prompt, i) => ({ prompt, completion: String(i) }));
    expect(completions(jsonl(...rows))).toEqual([[['0', '1'], ['2', '3']], [['4', '5']]]); // biome-ignore format: two steps
  });

  test('go by step and group where they are given', () => {
    const rows = [
      { step: 7, group: 1, prompt: 'b', completion: '0' },
      { step: 7, group: 0, prompt: 'a', completion: '1' },
      { step: 2, group: 0, prompt: 'c', completion: '2' },
      { step: 7, group: 1, prompt: 'b', completion: '3' },
      { step: 2, group: 0, prompt: 'c', completion: '4' },
      { step: 7, group: 0, prompt: 'a', completion: '5' },
    ];
    expect(completions(jsonl(...rows))).toEqual([[['2', '4']], [['1', '5'], ['0', '3']]]); // biome-ignore format: two steps
  });

  test('take token ids in place of texts, rewards, and columns in either place', () => {
    const row = { prompt_ids: [1, 2], completion_ids: [3], rewards: { f: null, g: 1 }, digits: [4], truncated: true };
    const [[[first, second]]] = read(reader, jsonl(row, { ...row, columns: { x: 5 } })) as [[[object, object]]];
    const { rewards } = row;
    const read1 = {
      promptIds: [1, 2],
      completionIds: [3],
      rewards,
      truncated: true,
      columns: { digits: [4] },
      line: 1,
    };
    expect(first).toEqual(read1);
    expect(second).toEqual({ ...read1, columns: { digits: [4], x: 5 }, line: 2 });
  });

  const row = { prompt: 'a', completion: 'c' };
  test.each([
    [
      [row],
      ':1: The group that starts here has 1 completions, but numGenerations is 2; set it to the size of the groups.',
    ],
    [[row, { ...row, prompt: 'b' }], ":2: This row's prompt differs from line 1's, though they are in one group."],
    [[{ ...row, step: 1 }, row], ':2: This row has no "step", but others in the file do.'],
    [[{ ...row, rewards: { f: 1 } }, row], ':2: This row has no "rewards", but others in the file do.'],
    [[row, { ...row, rewards: { f: 'x' } }], ':2: "rewards" must give a number or null for each function\'s name.'],
    [[row, { prompt: 'a' }], ':2: This row has neither a "completion" (a text) nor "completion_ids".'],
    [[row, { completion: 'c' }], ':2: This row has no "prompt" (a text, or a list of chat messages).'],
    [[row, { ...row, completion_ids: [-1] }], ':2: "completion_ids" must be a list of token ids, such as [17, 4].'],
    [[row, { ...row, completion_ids: [] }], ':2: "completion_ids" must be a list of token ids that is not empty.'],
    [
      [
        { ...row, group: 'x' },
        { ...row, group: 'x' },
      ],
      ':1: "group" must be a whole number, not "x".',
    ],
  ])('bad: %j', (rows, message) => expect(problem(reader, jsonl(...rows))).resolves.toBe(message));
});
