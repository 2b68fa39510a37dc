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

test('otherwise the last line', () => {
  expect(reasonIn('Traceback (most recent call last):\n  File "a.py"\nKeyError: 1\n')).toBe('KeyError: 1');
  expect(reasonIn('')).toBe('');
  expect(reasonIn('Node.js v24.9.0')).toBe('Node.js v24.9.0');
});
