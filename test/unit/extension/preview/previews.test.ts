import { beforeEach, describe, expect, test } from 'vitest';
import type { Subject } from '../../../../src/extension/workspace/links.ts';
import { settled } from '../fake-clock.ts';
import { ADD, FakeEditor, type FakeRunner, PYTHON, SORT, subject } from './fake-previews.ts';

let editor: FakeEditor;
let runner: FakeRunner;
function open(tab: string, ...subjects: Subject[]): void {
  editor = new FakeEditor(tab, ...subjects);
  runner = editor.runner;
}
beforeEach(() => open(SORT, ...[SORT, ADD, PYTHON].map((file) => subject(file))));

describe('what is in sight', () => {
  test('is asked for at once, and once', async () => {
    await settled();
    expect(runner.requests).toMatchObject([{ subject: SORT, reuse: true, texts: [] }]);
    expect(editor.preview(SORT).running).toBe(true);
    editor.show(SORT);
    await editor.pause();
    expect(runner.requests).toHaveLength(1);
    await editor.answered(SORT);
    expect(editor.preview(SORT).running).toBe(false);
  });

  test('is kept in a tab that is not in sight, and closed with it', async () => {
    await settled();
    editor.show(SORT, ADD);
    expect(editor.previews.all).toHaveLength(2);
    expect(editor.previews.current).toBe(editor.preview(ADD));
    editor.tabs = [ADD];
    editor.previews.closeUnseen();
    expect(editor.previews.all).toEqual([editor.preview(ADD)]);
    expect(runner.closed).toEqual([SORT]);
  });

  test('that is closed starts no process that has ended', async () => {
    await settled();
    runner.running = false;
    editor.show();
    editor.previews.closeUnseen();
    expect(editor.previews.all).toEqual([]);
    expect(runner.closed).toEqual([]);
  });

  test('is nothing for a config alone, and for files that are no rewards', async () => {
    open('/w/a.grpo.json', subject(ADD, '/w/a.grpo.json'));
    await settled();
    editor.show('/w/readme.md');
    await settled();
    expect(runner.sent).toEqual([]);
    editor.show(ADD);
    expect(runner.requests).toMatchObject([{ subject: '/w/a.grpo.json' }]);
  });

  test('is nothing while previews are off', async () => {
    await settled();
    editor.enabled = false;
    editor.previews.refresh();
    expect(editor.previews.all).toEqual([]);
    expect(runner.closed).toEqual([SORT]);
    await expect(editor.previews.run(subject(SORT), { reuse: false })).rejects.toThrow('Previews are off');
    editor.enabled = true;
    editor.previews.refresh();
    expect(runner.requests).toHaveLength(2);
  });

  test('is asked for under its new name when a file is renamed', async () => {
    await editor.answered(SORT);
    const renamed = '/w/order.reward.ts';
    editor.subjects.delete(SORT);
    editor.subjects.set(renamed, subject(renamed));
    editor.tabs = [renamed];
    editor.subjectsChanged.fire();
    expect(runner.closed).toEqual([SORT]);
    expect(runner.last.subject).toBe(renamed);
    expect(editor.previews.current?.subject.id).toBe(renamed);
  });
});

describe('typing', () => {
  test('is waited for, and its last text is asked for', async () => {
    await editor.answered(SORT);
    editor.type(SORT, 'a');
    await editor.clock.go(100);
    editor.type(SORT, 'b');
    await editor.clock.go(119);
    expect(runner.requests).toHaveLength(1);
    await editor.clock.go(1);
    expect(runner.last.texts).toEqual([{ file: SORT, text: 'b\na\n' }]);
    await editor.pause();
    expect(runner.requests).toHaveLength(2);
  });

  test('in one file does not hold up the previews of others', async () => {
    await editor.answered(SORT);
    editor.show(SORT, ADD);
    await editor.answered(ADD);
    editor.type('/w/helper.ts');
    await editor.clock.go(100);
    editor.type('/w/add.samples.jsonl');
    await editor.clock.go(20);
    expect(runner.last.subject).toBe(SORT);
    await editor.clock.go(100);
    expect(runner.last.subject).toBe(ADD);
  });

  test('in samples asks for those who have them; in what no reward reads, for none', async () => {
    await editor.answered(SORT);
    editor.type('/w/add.samples.jsonl');
    editor.type('/w/notes.md');
    editor.type('/w/node_modules/x/index.ts');
    await editor.pause();
    expect(runner.requests).toHaveLength(1);
    editor.type('/w/sort.samples.jsonl');
    await editor.pause();
    expect(runner.requests).toHaveLength(2);
  });

  test('goes on being told the answer to the text before', async () => {
    await settled();
    editor.type(SORT);
    runner.answer(runner.last, { done: false, computed: 3 });
    expect(editor.preview(SORT).result?.computed).toBe(3);
    expect(editor.preview(SORT).running).toBe(true);
    await editor.answered(SORT);
    expect(editor.preview(SORT).running).toBe(false);
  });

  test('moves what an older text was told', async () => {
    const at = (line: number) => ({
      ...({ name: 'f', weight: 1, file: SORT, language: 'typescript', line, column: 1, state: 'done' } as const),
      ...{ samples: 1, mean: 1, std: 0, abstained: 0, failed: 0, seconds: 0 },
    });
    await settled();
    editor.type(SORT);
    runner.answer(runner.last, { functions: [at(1)] });
    expect(editor.preview(SORT).functionsIn(SORT)).toMatchObject([{ line: 1 }]);
    editor.type(SORT);
    expect(editor.preview(SORT).functionsIn(SORT)).toMatchObject([{ line: 2 }]);
  });

  test('and saving is one change, whose means are those to compare with', async () => {
    const mean = (value: number) => [
      {
        ...({ name: 'f', weight: 1, file: SORT, language: 'typescript', line: 1, column: 1, state: 'done' } as const),
        ...{ samples: 1, mean: value, std: 0, abstained: 0, failed: 0, seconds: 0 },
      },
    ];
    await settled();
    editor.type(SORT);
    await editor.pause();
    runner.answer(runner.last, { functions: mean(1) });
    expect(editor.preview(SORT).savedMeans.size).toBe(0);
    editor.type(SORT);
    editor.save(SORT);
    await editor.pause();
    expect(runner.requests).toHaveLength(3);
    runner.answer(runner.last, { functions: mean(2) });
    expect([...editor.preview(SORT).savedMeans.values()]).toEqual([2]);
  });
});

test('an answer to an older text than the newest is dropped, however late it comes', async () => {
  await settled();
  const first = runner.last;
  editor.type(SORT);
  await editor.pause();
  const second = runner.last;
  runner.answer(second, { computed: 2 });
  runner.answer(first, { computed: 1 });
  expect(editor.preview(SORT).result?.computed).toBe(2);
  // What a function has left behind goes wrong later: the same picture, with a warning.
  runner.answer(second, { computed: 3 });
  expect(editor.preview(SORT).result?.computed).toBe(3);
});

test('an answer of the time before it was closed is none of the reopened', async () => {
  await settled();
  const first = runner.last;
  editor.show(ADD);
  editor.show(SORT);
  runner.answer(first);
  expect(editor.preview(SORT).result).toBeUndefined();
});

describe('a config', () => {
  const CONFIG = '/w/sort.grpo.json';

  test('that is removed leaves the reward file alone', async () => {
    open(SORT, subject(SORT, CONFIG));
    await settled();
    editor.subjects.delete(CONFIG);
    editor.subjects.set(SORT, subject(SORT));
    editor.subjectsChanged.fire();
    expect(runner.closed).toEqual([CONFIG]);
    expect(runner.last.subject).toBe(SORT);
    await editor.pause();
    expect(editor.previews.all).toEqual([editor.preview(SORT)]);
  });

  test('that says something else is asked for as it is after the pause', async () => {
    open(SORT, subject(SORT, CONFIG));
    await editor.answered(CONFIG);
    editor.subjects.set(CONFIG, { ...subject(SORT, CONFIG), dataset: '/w/a.jsonl' });
    editor.subjectsChanged.fire();
    editor.subjects.set(CONFIG, { ...subject(SORT, CONFIG), dataset: '/w/b.jsonl' });
    editor.subjectsChanged.fire();
    await editor.pause();
    expect(runner.requests.map(({ dataset }) => dataset)).toEqual([null, '/w/b.jsonl']);
  });
});
