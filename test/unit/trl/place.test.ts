/** What of an environment is left when a set-up is killed, and cannot clear up. */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, expect, onTestFinished, test } from 'vitest';
import { setUpPython } from '../../../src/trl/python-environment.ts';
import { isComplete, Place } from '../../../src/trl/set-up/place.ts';

let above: string;
let folder: string;
beforeEach(() => {
  above = mkdtempSync(join(tmpdir(), 'grpo-place-'));
  onTestFinished(() => rmSync(above, { recursive: true, force: true }));
  folder = join(above, 'storage', 'trl');
  mkdirSync(join(above, 'storage'));
});

/** Up to the point where it is killed, or whole. */
function make(what: string, whole: boolean): void {
  const place = new Place(folder);
  place.begin(1, what);
  writeFileSync(join(folder, 'what'), what);
  if (whole) place.finish(what);
}

test('an environment that is not whole is not taken, and goes', () => {
  make('first', false);
  expect(setUpPython(folder)).toBeUndefined();
  make('second', true);
  expect(setUpPython(folder)).toBeDefined();
  expect(readFileSync(join(folder, 'what'), 'utf8')).toBe('second');
});

test('the one before comes back, and goes when another is whole', () => {
  make('first', true);
  make('second', false);
  expect(setUpPython(folder)).toBeUndefined();
  expect(new Place(folder).complete).toBe(true);
  expect([isComplete(folder, 'first'), isComplete(folder, 'second')]).toEqual([true, false]);
  expect(readFileSync(join(folder, 'what'), 'utf8')).toBe('first');
  make('third', true);
  expect(readdirSync(join(above, 'storage'))).toEqual(['trl']);
});

test("the user's own files are never replaced", () => {
  mkdirSync(folder);
  writeFileSync(join(folder, 'thesis.txt'), 'all of it');
  expect(() => new Place(folder)).toThrow(/has other files in it/);
  expect(existsSync(join(folder, 'thesis.txt'))).toBe(true);
});
