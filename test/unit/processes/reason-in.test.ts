import { spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { reasonIn } from '../../../src/processes/reason-in.ts';

const lastWordsOf = (code: string) => spawnSync(process.execPath, ['-e', code], { encoding: 'utf8' }).stderr;

test('an uncaught error of Node: its first line, not the version at the end', () => {
  expect(reasonIn(lastWordsOf('throw new TypeError("no such\\nthing")'))).toBe('TypeError: no such');
  expect(reasonIn(lastWordsOf('throw Object.assign(new Error("with more"), { code: 7, at: { line: 3 } })'))).toBe(
    'Error: with more',
  );
  expect(reasonIn(lastWordsOf('throw "a text"'))).toBe('a text');
  expect(reasonIn(lastWordsOf('Promise.reject(new RangeError("later"))'))).toBe('RangeError: later');
  expect(reasonIn(lastWordsOf('require("./not-there")'))).toContain("Cannot find module './not-there'");
});

test('the stack alone, when the output was cut off in front of it', () => {
  expect(reasonIn('…or: half a line\n    at one (a.js:1:2)\n    at two (a.js:3:4)\n\nNode.js v24.9.0\n')).toBe(
    '…or: half a line',
  );
});

test('an error with carets of its own', () => {
  expect(reasonIn(lastWordsOf('throw new Error("bad\\n  x y\\n    ^")'))).toBe('Error: bad');
});

test('V8 out of memory', () => {
  const code = 'const kept = []; for (;;) kept.push(new Array(1e5).fill({}))';
  const { stderr } = spawnSync(process.execPath, ['--max-old-space-size=30', '-e', code], { encoding: 'utf8' });
  expect(reasonIn(stderr)).toMatch(/^FATAL ERROR: .*heap out of memory$/);
});

test("Python's error is below the traceback, above its notes and further lines", () => {
  const traceback = 'Traceback (most recent call last):\n  File "<string>", line 1, in <module>\n    f()\n    ~^^\n';
  expect(reasonIn(`${traceback}RuntimeError: out of memory\nCompile with X to debug.\nsome note\n`)).toBe(
    'RuntimeError: out of memory',
  );
  const chained = 'During handling of the above exception, another exception occurred:';
  expect(reasonIn(`${traceback}KeyError: 1\n\n${chained}\n\n${traceback}ValueError: 2\n`)).toBe('ValueError: 2');
});

test('otherwise the last line', () => {
  expect(reasonIn('Loading\nno such model\n')).toBe('no such model');
  expect(reasonIn('')).toBe('');
  expect(reasonIn('Node.js v24.9.0')).toBe('Node.js v24.9.0');
});
