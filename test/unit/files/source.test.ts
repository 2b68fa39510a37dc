import { spawnSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { decodeSource, readSource } from '../../../src/files/source.ts';
import { fileOf, problem } from './folder.ts';

const named = (coding: string) => `# -*- coding: ${coding} -*-\n`;
const high = Buffer.from(Array.from({ length: 128 }, (_, n) => 128 + n));
const python = (...args: string[]) => spawnSync('python3', args, { encoding: 'utf8' });

describe("a Python file's own encoding", () => {
  test.skipIf(python('--version').status !== 0)('gives the letters that Python reads', () => {
    for (const coding of [
      'latin-1',
      'latin_1',
      'ISO-8859-1',
      'iso8859-1',
      'iso-8859-15',
      'koi8-r',
      'cp1251',
      'windows-1252',
    ]) {
      // Python has no letter for a few bytes of some.
      const script = `import json,sys\nprint(json.dumps([bytes([n]).decode(sys.argv[1], "ignore") for n in range(128, 256)]))`;
      const letters: string[] = JSON.parse(python('-c', script, coding).stdout);
      const text = decodeSource(Buffer.concat([Buffer.from(named(coding)), high]), 'a.py').slice(named(coding).length);
      const differing = [...text].filter((letter, n) => letters[n] !== '' && letters[n] !== letter);
      expect({ coding, differing, length: text.length }).toEqual({ coding, differing: [], length: 128 });
    }
  });

  test('stands in a comment of the first two lines', () => {
    const e = Buffer.from([0xe9]);
    const read = (head: string) => decodeSource(Buffer.concat([Buffer.from(head), e]), 'a.py').at(-1);
    expect(read(`#!/usr/bin/python\n${named('latin-1')}`)).toBe('é');
    expect(read('# vim: set fileencoding=latin-1 :\n')).toBe('é');
    for (const head of [`\n\n${named('latin-1')}`, `import os\n${named('latin-1')}`, 'coding = "latin-1"\n', ''])
      expect(problem(() => read(head))).toMatch(/This line is not UTF-8 text/);
  });

  test('is none of a file in another language, and UTF-8 where nothing is said', () => {
    expect(readSource(fileOf(`${named('utf-8')}é`, 'a.py'))).toBe(`${named('utf-8')}é`);
    expect(readSource(fileOf(`\uFEFFé`, 'a.py'))).toBe('é');
    expect(problem(() => decodeSource(Buffer.from(`// coding: latin-1\né`, 'latin1'), 'a.ts'))).toMatch(
      /^a\.ts:2: .*UTF-8/,
    );
  });

  test('that we cannot read is refused by name, unless it makes no difference', () => {
    const text = Buffer.from(`${named('ascii')}é`, 'latin1');
    expect(problem(() => decodeSource(text, 'a.py'))).toBe(
      'a.py: This file names its encoding as ascii, which cannot be read here; save it as UTF-8.',
    );
    expect(decodeSource(Buffer.from(`${named('big5')}a`), 'a.py')).toBe(`${named('big5')}a`);
  });
});
