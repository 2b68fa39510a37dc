import { expect, test } from 'vitest';
import type { DatasetSummary, RowMapping } from '../../../src/protocol/dataset-summary.ts';
import { importViewMessage } from '../../../src/protocol/import-view.ts';
import { draftOf, mappingOf } from '../../../webview/import/draft.ts';

const summaryOf = (mapping: RowMapping, names = ['question', 'answer']) =>
  ({
    mapping,
    proposal: { ...mapping, promptColumn: names[0]!, answer: null },
    columns: names.map((name) => ({ name, type: 'text', values: [], paths: [] })),
  }) as unknown as DatasetSummary;

test('the form gives back the mapping that it shows', () => {
  const mappings: RowMapping[] = [
    { prompt: { user: '{{ question }}' }, columns: null },
    { prompt: { system: 'Be brief.', user: '{{ question }}', prefill: '<think>\n' }, columns: { answer: 'a.b' } },
    { prompt: { text: 'Q: {{ question }}' }, columns: { level: 'meta.level' } },
    { prompt: 'question', columns: { answer: 'gold', level: 'meta.level' } },
    { prompt: null, columns: null },
  ];
  for (const mapping of mappings) expect(mappingOf(draftOf(summaryOf(mapping)))).toEqual(mapping);
});

test('other kinds of prompts begin with the column', () => {
  const draft = draftOf(summaryOf({ prompt: 'question', columns: null }));
  expect(mappingOf({ ...draft, kind: 'chat' }).prompt).toEqual({ user: '{{ question }}' });
  expect(mappingOf({ ...draft, kind: 'text' }).prompt).toEqual({ text: '{{ question }}' });
  const summary = summaryOf({ prompt: null, columns: null }, ['prompt']);
  summary.columns[0]!.type = 'chat messages';
  expect(mappingOf({ ...draftOf(summary), kind: 'chat' }).prompt).toEqual({ user: '{{ prompt[0].content }}' });
});

test('the answer is the column of that name unless another one is chosen', () => {
  const draft = draftOf(summaryOf({ prompt: 'question', columns: null }));
  expect(draft.answer).toBe('answer');
  expect(mappingOf({ ...draft, answer: 'question' }).columns).toEqual({ answer: 'question' });
  expect(mappingOf({ ...draft, answer: '' }).columns).toBeNull();
});

test('the extension takes nothing from the page that is no mapping', () => {
  const look = (mapping: unknown) => importViewMessage.safeParse({ type: 'look', model: null, mapping }).success;
  expect(look({ prompt: { user: 'x' }, columns: { answer: 'a' } })).toBe(true);
  for (const wrong of [
    { prompt: { usr: 'x' }, columns: null },
    { prompt: null, columns: { answer: 1 } },
    { prompt: 1 },
  ])
    expect(look(wrong)).toBe(false);
  const write = {
    type: 'write',
    mapping: { prompt: null, columns: null },
    reward: null,
    lora: true,
    fromHeldOut: false,
  };
  expect(importViewMessage.safeParse({ ...write, config: null, evalPrompts: 16 }).success).toBe(true);
  expect(importViewMessage.safeParse({ ...write, config: null, evalPrompts: -1 }).success).toBe(false);
});
