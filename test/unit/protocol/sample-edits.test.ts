import { describe, expect, it } from 'vitest';
import { countReplaceable, editedSamples, type NewSample, sampleEdits } from '../../../src/protocol/sample-edits.ts';
import { ExactJson } from '../../../src/text/exact-json.ts';

const sample = (completion: string, more: Partial<NewSample> = {}): NewSample => ({
  prompt: '2 + 3',
  completion,
  columns: { answer: 5 },
  ...more,
});
const added = (text: string, ...samples: NewSample[]) => editedSamples(text, sampleEdits(text, samples));

/** As a person wrote it: spaces, a column that the dataset does not have, a line that is not finished. */
const FILE = `{"prompt": "2 + 3", "completion": "5", "answer": 5, "note": "good"}
{"prompt": "2 + 3", "comple
{"prompt": "1 + 1", "completion": "5", "answer": 2, "expect": {"exact": [0, 1], "total": 1}}
`;

describe('samples that are added', () => {
  it('come behind what is there, which stays as it is', () => {
    const line = '{"prompt":"2 + 3","answer":5,"completion":"6"}\n';
    expect(added(FILE, sample('6'))).toBe(FILE + line);
    expect(added('', sample('6'))).toBe(line);
    expect(added(FILE.trimEnd(), sample('6'))).toBe(FILE + line);
  });

  it('keep numbers as they are written, and 5.0 is not 5', () => {
    const exact = sample('6', { columns: { answer: new ExactJson('5.0', 5) } });
    const line = '{"prompt":"2 + 3","answer":5.0,"completion":"6"}\n';
    expect(added('', exact)).toBe(line);
    expect(added(line, exact)).toBe(line);
    const messages = '[{"role":"tool","n":2.0}]';
    const chat = sample('6', { prompt: new ExactJson(messages, JSON.parse(messages)) });
    const chatLine = added('', chat);
    expect(chatLine).toBe(`{"prompt":${messages},"answer":5,"completion":"6"}\n`);
    expect(added(chatLine, chat)).toBe(chatLine);
    expect(added(chatLine, { ...chat, prompt: JSON.parse(messages) })).toContain('"n":2}]');
    expect(added(line, sample('6'))).toBe(`${line}${line.replace('5.0', '5')}`);
    const expecting = '{"prompt":"2 + 3","answer":5,"completion":"5","expect":{"a":1.0}}\n';
    expect(added(expecting, sample('5', { expect: { b: 2 } }))).toContain('"expect":{"a":1,"b":2}');
  });

  it('are not added twice: not if they are there, and not if two of them are the same', () => {
    expect(added(FILE, sample('5'))).toBe(FILE);
    const windows = '\uFEFF{"prompt":"2 + 3","answer":5,"completion":"6"}\r\n';
    expect(added(windows, sample('6'))).toBe(windows);
    expect(sampleEdits(FILE, [sample('6'), sample('6')]).appended).toHaveLength(1);
  });

  it('are found again at the line that they stand at', () => {
    const samples = [sample('6'), sample('5'), sample('7'), sample('6')];
    for (const text of [FILE, FILE.trimEnd(), '']) {
      const edits = sampleEdits(text, samples);
      const lines = editedSamples(text, edits).split('\n');
      expect(edits.lines.map((line) => JSON.parse(lines[line - 1]!).completion)).toEqual(['6', '5', '7', '6']);
    }
  });

  it('are others when the prompt, the completion or a column is another', () => {
    const others = [
      sample('5 '),
      sample('5', { prompt: [{ role: 'user', content: '2 + 3' }] }),
      sample('5', { columns: { answer: 6 } }),
    ];
    expect(sampleEdits(FILE, others).appended).toHaveLength(3);
  });

  it("never take a dataset's column for an expectation", () => {
    const [line] = sampleEdits('', [sample('6', { columns: { answer: 5, expect: 'much' } })]).appended;
    expect(JSON.parse(line!)).toEqual({ prompt: '2 + 3', answer: 5, completion: '6' });
  });
});

describe('expectations', () => {
  it('are written with a sample, or into the one that is there, however it is written', () => {
    const expecting = sample('5', { expect: { exact: 1, format: 0.5 } });
    expect(added('', expecting)).toBe(
      '{"prompt":"2 + 3","answer":5,"completion":"5","expect":{"exact":1,"format":0.5}}\n',
    );
    const [first, ...rest] = added(FILE, expecting).split('\n');
    expect(JSON.parse(first!)).toEqual({
      prompt: '2 + 3',
      completion: '5',
      answer: 5,
      note: 'good',
      expect: { exact: 1, format: 0.5 },
    });
    expect(first).toContain('{"prompt": "2 + 3", "completion": "5"');
    expect(rest).toEqual(FILE.split('\n').slice(1));
  });

  it('take the place of those of the same functions; a total that they contradict goes', () => {
    const text = added(FILE, { prompt: '1 + 1', completion: '5', columns: { answer: 2 }, expect: { format: 0.5 } });
    expect(JSON.parse(text.split('\n')[2]!).expect).toEqual({ exact: [0, 1], format: 0.5 });
    const again = added(text, { prompt: '1 + 1', completion: '5', columns: { answer: 2 }, expect: { exact: 0 } });
    expect(JSON.parse(again.split('\n')[2]!).expect).toEqual({ exact: 0, format: 0.5 });
    expect(
      sampleEdits(again, [{ prompt: '1 + 1', completion: '5', columns: {}, expect: { exact: 0 } }]).replaced,
    ).toEqual([]);
  });
});

describe('generated samples', () => {
  const generated = (completion: string) => sample(completion, { generated: true });
  const lines = (text: string) =>
    text
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));

  it('say so as the last key, whatever the dataset has of that name', () => {
    expect(added('', sample('6', { columns: { answer: 5, generated: 'in 2024' }, generated: true }))).toBe(
      '{"prompt":"2 + 3","answer":5,"completion":"6","generated":true}\n',
    );
    expect(added('', sample('6', { columns: { generated: true } }))).toBe('{"prompt":"2 + 3","completion":"6"}\n');
  });

  it('are replaced, but not those with expectations, those written by hand, and lines that are broken', () => {
    const expected = '{"prompt":"2 + 3","completion":"9","answer":5,"generated":true,"expect":{"exact":0}}\n';
    const before = added(FILE, generated('6'), generated('7')) + expected + added('', generated('8'));
    expect(countReplaceable(before)).toBe(3);
    const edits = sampleEdits(before, [generated('7'), generated('1'), generated('9')], { replacing: true });
    const after = editedSamples(before, edits);
    expect(after.startsWith(FILE)).toBe(true);
    // 7 came again and stays where it was.
    expect(lines(after.slice(FILE.length)).map(({ completion }) => completion)).toEqual(['7', '9', '1']);
    expect(edits.lines.map((line) => JSON.parse(after.split('\n')[line - 1]!).completion)).toEqual(['7', '1', '9']);
    expect(edits.removed).toHaveLength(2);
  });

  it('stay when more are added', () => {
    const before = added('', generated('6'));
    expect(added(before, generated('7'))).toBe(before + added('', generated('7')));
  });
});
