import { beforeEach, describe, expect, test } from 'vitest';
import type { Subject } from '../../../../src/extension/workspace/links.ts';
import { deferred, settled } from '../fake-clock.ts';
import { FakeEditor, type FakeRunner, subject } from './fake-previews.ts';

const SORT = '/w/sort.reward.ts';
const ADD = '/w/add.reward.ts';
const PYTHON = '/w/total.py';

let editor: FakeEditor;
let runner: FakeRunner;
/** A window that opens with a tab. */
function open(tab: string, ...subjects: Subject[]): void {
  editor = new FakeEditor(tab);
  runner = editor.runner;
  for (const about of subjects) editor.subjects.set(about.id, about);
}
beforeEach(() => open(SORT, ...[SORT, ADD, PYTHON].map((file) => subject(file))));

const preview = (file = SORT) => editor.previews.of(file)!;
/** The file's last request, answered to the end. */
const answered = async (file = SORT) => {
  await settled();
  runner.answer(runner.requests.filter((request) => request.subject === file).at(-1)!);
};
const running = (file: string) => preview(file).running;

describe('what is in sight', () => {
  test('is asked for at once, and once', async () => {
    await settled();
    expect(runner.requests).toMatchObject([{ subject: SORT, reuse: true, texts: [] }]);
    expect(running(SORT)).toBe(true);
    editor.show(SORT);
    await editor.pause();
    expect(runner.requests).toHaveLength(1);
    await answered();
    expect(running(SORT)).toBe(false);
  });

  test('is kept in a tab that is not in sight, and closed with it', async () => {
    await settled();
    editor.show(SORT, ADD);
    expect(editor.previews.all).toHaveLength(2);
    expect(editor.previews.current).toBe(preview(ADD));
    editor.tabs = [ADD];
    editor.previews.closeUnseen();
    expect(editor.previews.all).toEqual([preview(ADD)]);
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
    await answered();
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
    await answered();
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
    await answered();
    editor.show(SORT, ADD);
    await answered(ADD);
    editor.type('/w/helper.ts');
    await editor.clock.go(100);
    editor.type('/w/add.samples.jsonl');
    await editor.clock.go(20);
    expect(runner.last.subject).toBe(SORT);
    await editor.clock.go(100);
    expect(runner.last.subject).toBe(ADD);
  });

  test('in samples asks for those who have them; in what no reward reads, for none', async () => {
    await answered();
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
    expect(preview().result?.computed).toBe(3);
    expect(running(SORT)).toBe(true);
    await answered();
    expect(running(SORT)).toBe(false);
  });

  test('moves what an older text was told', async () => {
    const at = (line: number) => ({
      ...({ name: 'f', weight: 1, file: SORT, language: 'typescript', line, column: 1, state: 'done' } as const),
      ...{ samples: 1, mean: 1, std: 0, abstained: 0, failed: 0, seconds: 0 },
    });
    await settled();
    editor.type(SORT);
    runner.answer(runner.last, { functions: [at(1)] });
    expect(preview().functionsIn(SORT)).toMatchObject([{ line: 1 }]);
    editor.type(SORT);
    expect(preview().functionsIn(SORT)).toMatchObject([{ line: 2 }]);
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
    expect(preview().savedMeans.size).toBe(0);
    editor.type(SORT);
    editor.save(SORT);
    await editor.pause();
    expect(runner.requests).toHaveLength(3);
    runner.answer(runner.last, { functions: mean(2) });
    expect([...preview().savedMeans.values()]).toEqual([2]);
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
  expect(preview().result?.computed).toBe(2);
  // What a function has left behind goes wrong later: the same picture, with a warning.
  runner.answer(second, { computed: 3 });
  expect(preview().result?.computed).toBe(3);
});

test('an answer of the time before it was closed is none of the reopened', async () => {
  await settled();
  const first = runner.last;
  editor.show(ADD);
  editor.show(SORT);
  runner.answer(first);
  expect(preview().result).toBeUndefined();
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
    expect(editor.previews.all).toEqual([preview()]);
  });

  test('that says something else is asked for as it is after the pause', async () => {
    open(SORT, subject(SORT, CONFIG));
    await answered(CONFIG);
    editor.subjects.set(CONFIG, { ...subject(SORT, CONFIG), dataset: '/w/a.jsonl' });
    editor.subjectsChanged.fire();
    editor.subjects.set(CONFIG, { ...subject(SORT, CONFIG), dataset: '/w/b.jsonl' });
    editor.subjectsChanged.fire();
    await editor.pause();
    expect(runner.requests.map(({ dataset }) => dataset)).toEqual([null, '/w/b.jsonl']);
  });
});

describe('the process dies', () => {
  test('and all that is in sight is asked for again', async () => {
    await answered();
    editor.show(SORT, ADD);
    runner.die();
    await settled();
    expect(runner.requests.slice(2).map((request) => request.subject)).toEqual([SORT, ADD]);
  });

  test('while someone types: the pause is waited for, once', async () => {
    await answered();
    editor.type(SORT);
    runner.die();
    await settled();
    expect(runner.requests).toHaveLength(1);
    await editor.pause();
    await editor.pause();
    expect(runner.requests).toHaveLength(2);
  });

  test('too often: it says so, until it has numbers again', async () => {
    await answered();
    runner.die(true);
    expect(preview().broken).toMatch(/ended three times/);
    expect(running(SORT)).toBe(false);
    editor.type(SORT);
    await editor.pause();
    expect(runner.requests, 'nothing is asked').toHaveLength(1);
    expect(running(SORT)).toBe(false);
    // The minute is over.
    runner.givenUp = false;
    editor.type(SORT);
    await editor.pause();
    expect(preview().broken).toBeDefined();
    await answered();
    expect(preview().broken).toBeUndefined();
  });

  test('too often while the interpreter is looked for: whoever waits is told', async () => {
    const python = deferred<string | null>();
    editor.findPython = () => python.promise;
    const run = editor.previews.run(subject(PYTHON), { reuse: false });
    const refused = expect(run).rejects.toThrow('ended three times');
    runner.givenUp = true;
    python.resolve(null);
    await refused;
    expect(running(PYTHON)).toBe(false);
  });
});

describe('a Python reward', () => {
  test('has the interpreter of the editor, and is asked for with the texts of the time when that is known', async () => {
    const python = deferred<string | null>();
    editor.findPython = () => python.promise;
    editor.show(PYTHON);
    editor.dirty.set(PYTHON, { text: 'x', version: 2 });
    expect(runner.requests.some((request) => request.subject === PYTHON)).toBe(false);
    python.resolve('/venv/bin/python');
    await settled();
    expect(runner.last).toMatchObject({ subject: PYTHON, settings: { python: '/venv/bin/python' } });
    expect(runner.last.texts).toEqual([{ file: PYTHON, text: 'x' }]);
  });

  test('has the interpreter that was chosen last, whichever was found first', async () => {
    const [old, chosen] = [deferred<string | null>(), deferred<string | null>()];
    editor.findPython = () => old.promise;
    editor.show(PYTHON);
    editor.findPython = () => chosen.promise;
    editor.previews.interpreterChanged();
    await editor.pause();
    chosen.resolve('/new');
    await settled();
    old.resolve('/old');
    await settled();
    const asked = runner.requests.filter((request) => request.subject === PYTHON);
    expect(asked.map(({ settings }) => settings.python)).toEqual(['/new']);
  });

  test('that is closed while the interpreter is looked for is not asked for', async () => {
    await settled();
    const python = deferred<string | null>();
    editor.findPython = () => python.promise;
    editor.show(PYTHON);
    editor.show(SORT);
    python.resolve(null);
    await settled();
    expect(runner.requests.some((request) => request.subject === PYTHON)).toBe(false);
  });

  test('is run by the PATH’s interpreter when the Python extension fails', async () => {
    editor.findPython = async () => Promise.reject(new Error('no environments'));
    editor.show(PYTHON);
    await settled();
    expect(runner.last).toMatchObject({ subject: PYTHON, settings: { python: null } });
    expect(editor.log.join()).toContain('no environments');
  });

  test('alone is asked for when another interpreter is chosen', async () => {
    await answered();
    editor.show(SORT, PYTHON);
    await answered(PYTHON);
    editor.previews.interpreterChanged();
    await editor.pause();
    expect(runner.requests.map((request) => request.subject)).toEqual([SORT, PYTHON, PYTHON]);
  });
});

describe('run', () => {
  test('calls all again, and is done with the last function', async () => {
    await answered();
    let done = false;
    const run = editor.previews.run(subject(SORT), { reuse: false }).then(() => {
      done = true;
    });
    expect(runner.forgiven).toBe(1);
    expect(runner.last.reuse).toBe(false);
    runner.answer(runner.last, { done: false });
    await settled();
    expect(done).toBe(false);
    await answered();
    await run;
  });

  test('is not done with the answer to an older request', async () => {
    await settled();
    const older = runner.last;
    let done = false;
    void editor.previews.run(subject(SORT), { reuse: true }).then(() => {
      done = true;
    });
    runner.answer(older);
    await settled();
    expect(done).toBe(false);
  });

  test('is done with the answer to a newer text', async () => {
    await answered();
    const run = editor.previews.run(subject(SORT), { reuse: false });
    editor.type(SORT);
    await editor.pause();
    expect(runner.requests).toHaveLength(3);
    await answered();
    expect(await run).toBe(preview());
  });

  test('of what is typed meanwhile calls all again all the same', async () => {
    const python = deferred<string | null>();
    editor.findPython = () => python.promise;
    void editor.previews.run(subject(PYTHON), { reuse: false });
    // Before the interpreter is known.
    editor.type(PYTHON);
    await editor.pause();
    python.resolve(null);
    await settled();
    const asked = runner.requests.filter((request) => request.subject === PYTHON);
    expect(asked.map(({ reuse }) => reuse)).toEqual([false]);
    editor.type(PYTHON);
    await editor.pause();
    expect(runner.last.reuse).toBe(true);
  });

  test('keeps what is in no tab until the last one who waits for it has it', async () => {
    await answered();
    const runs = [1, 2].map(() => editor.previews.run(subject(ADD), { reuse: false }));
    const [first, second] = runner.requests.filter((request) => request.subject === ADD);
    editor.previews.closeUnseen();
    expect(preview(ADD)).toBeDefined();
    runner.answer(second!);
    runner.answer(first!);
    await Promise.all(runs);
    editor.previews.closeUnseen();
    expect(runner.closed).toEqual([ADD]);
  });

  test('fails when previews are switched off, also while the interpreter is looked for', async () => {
    const python = deferred<string | null>();
    editor.findPython = () => python.promise;
    const run = editor.previews.run(subject(PYTHON), { reuse: false });
    const refused = expect(run).rejects.toThrow('The preview was closed.');
    editor.enabled = false;
    editor.previews.refresh();
    python.resolve(null);
    await refused;
    expect(runner.requests.some((request) => request.subject === PYTHON)).toBe(false);
  });

  test('goes on when the process dies and comes back', async () => {
    await answered();
    const run = editor.previews.run(subject(SORT), { reuse: false });
    runner.die();
    await answered();
    expect(await run).toBe(preview());
  });
});

describe('disposed of', () => {
  test('it waits for nothing, and fails those who do', async () => {
    await answered();
    const refused = expect(editor.previews.run(subject(SORT), { reuse: false })).rejects.toThrow('closed');
    editor.type(SORT);
    editor.previews.dispose();
    await refused;
    expect(editor.clock.waiting).toBe(0);
    editor.subjectsChanged.fire();
    runner.die();
    runner.sent = [];
    await editor.pause();
    expect(runner.sent).toEqual([]);
  });

  test('before the configs are known it asks for nothing', async () => {
    open(SORT, subject(SORT));
    editor.previews.dispose();
    await settled();
    expect(runner.sent).toEqual([]);
  });

  test('while an interpreter is looked for it asks for nothing', async () => {
    const python = deferred<string | null>();
    editor.findPython = () => python.promise;
    editor.show(PYTHON);
    editor.previews.dispose();
    runner.sent = [];
    python.resolve(null);
    await settled();
    expect(runner.sent).toEqual([]);
  });
});
