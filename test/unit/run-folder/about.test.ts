import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { aboutLine, tagsOf } from '../../../src/protocol/run-about.ts';
import { readAbout, writeAbout } from '../../../src/run-folder/about.ts';

function runFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'grpo-about-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

test('what is written about a run: only what changes, and nothing is left beside it', async () => {
  const run = runFolder();
  expect(await readAbout(run)).toEqual({});
  writeAbout(run, { name: 'baseline', tags: ['paper'] });
  writeFileSync(join(run, 'about.json'), JSON.stringify({ ...(await readAbout(run)), owner: 'me' }));
  writeAbout(run, { name: undefined, pinned: true });
  expect(await readAbout(run)).toEqual({ tags: ['paper'], pinned: true, owner: 'me' });
  expect(readdirSync(run)).toEqual(['about.json']);
});

test('a file that cannot be read is not written over', () => {
  const run = runFolder();
  writeFileSync(join(run, 'about.json'), '{"note": "half');
  expect(() => writeAbout(run, { pinned: true })).toThrow('correct or delete it');
  expect(readFileSync(join(run, 'about.json'), 'utf8')).toBe('{"note": "half');
});

test.skipIf(process.getuid?.() === 0)('a folder that cannot be written to is one sentence', () => {
  const run = runFolder();
  chmodSync(run, 0o500);
  expect(() => writeAbout(run, { pinned: true })).toThrow(/about\.json/);
});

test('names and tags are lines without space around them', () => {
  expect([aboutLine('  a \n b '), aboutLine('  ')]).toEqual(['a b', undefined]);
  expect(tagsOf(' paper, best ,, paper ')).toEqual(['paper', 'best']);
});
