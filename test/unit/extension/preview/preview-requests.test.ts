import { beforeEach, describe, expect, test } from 'vitest';
import { deferred, settled } from '../fake-clock.ts';
import { ADD, FakeEditor, type FakeRunner, PYTHON, SORT, subject } from './fake-previews.ts';

let editor: FakeEditor;
let runner: FakeRunner;
beforeEach(() => {
  editor = new FakeEditor(SORT, ...[SORT, ADD, PYTHON].map((file) => subject(file)));
  runner = editor.runner;
});

describe('the process dies', () => {
  test('and all that is in sight is asked for again', async () => {
    await editor.answered(SORT);
    editor.show(SORT, ADD);
    runner.die();
    await settled();
    expect(runner.requests.slice(2).map((request) => request.subject)).toEqual([SORT, ADD]);
  });

  test('while someone types: the pause is waited for, once', async () => {
    await editor.answered(SORT);
    editor.type(SORT);
    runner.die();
    await settled();
    expect(runner.requests).toHaveLength(1);
    await editor.pause();
    await editor.pause();
    expect(runner.requests).toHaveLength(2);
  });

  test('too often: it says so, until it has numbers again', async () => {
    await editor.answered(SORT);
    runner.die(true);
    expect(editor.preview(SORT).broken).toMatch(/ended three times/);
    expect(editor.preview(SORT).running).toBe(false);
    editor.type(SORT);
    await editor.pause();
    expect(runner.requests, 'nothing is asked').toHaveLength(1);
    expect(editor.preview(SORT).running).toBe(false);
    // The minute is over.
    runner.givenUp = false;
    editor.type(SORT);
    await editor.pause();
    expect(editor.preview(SORT).broken).toBeDefined();
    await editor.answered(SORT);
    expect(editor.preview(SORT).broken).toBeUndefined();
  });

  test('too often while the interpreter is looked for: whoever waits is told', async () => {
    const python = deferred<string | null>();
    editor.findPython = () => python.promise;
    const run = editor.previews.run(subject(PYTHON), { reuse: false });
    const refused = expect(run).rejects.toThrow('ended three times');
    runner.givenUp = true;
    python.resolve(null);
    await refused;
    expect(editor.preview(PYTHON).running).toBe(false);
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
    await editor.answered(SORT);
    editor.show(SORT, PYTHON);
    await editor.answered(PYTHON);
    editor.previews.interpreterChanged();
    await editor.pause();
    expect(runner.requests.map((request) => request.subject)).toEqual([SORT, PYTHON, PYTHON]);
  });
});

describe('run', () => {
  test('calls all again, and is done with the last function', async () => {
    await editor.answered(SORT);
    let done = false;
    const run = editor.previews.run(subject(SORT), { reuse: false }).then(() => {
      done = true;
    });
    expect(runner.forgiven).toBe(1);
    expect(runner.last.reuse).toBe(false);
    runner.answer(runner.last, { done: false });
    await settled();
    expect(done).toBe(false);
    await editor.answered(SORT);
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
    await editor.answered(SORT);
    const run = editor.previews.run(subject(SORT), { reuse: false });
    editor.type(SORT);
    await editor.pause();
    expect(runner.requests).toHaveLength(3);
    await editor.answered(SORT);
    expect(await run).toBe(editor.preview(SORT));
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
    await editor.answered(SORT);
    const runs = [1, 2].map(() => editor.previews.run(subject(ADD), { reuse: false }));
    const [first, second] = runner.requests.filter((request) => request.subject === ADD);
    editor.previews.closeUnseen();
    expect(editor.preview(ADD)).toBeDefined();
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

  test('continues when the process dies and comes back', async () => {
    await editor.answered(SORT);
    const run = editor.previews.run(subject(SORT), { reuse: false });
    runner.die();
    await editor.answered(SORT);
    expect(await run).toBe(editor.preview(SORT));
  });
});

describe('disposed of', () => {
  test('it waits for nothing, and fails those who do', async () => {
    await editor.answered(SORT);
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
    editor = new FakeEditor(SORT, subject(SORT));
    runner = editor.runner;
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
