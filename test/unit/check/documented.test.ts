import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

const read = (file: string): string => readFileSync(new URL(`../../../${file}`, import.meta.url), 'utf8');

/** Files that make findings. */
const SOURCES = [
  ...['src/trainer/step-findings.ts', 'src/trainer/prompt-findings.ts', 'src/trainer/text-only.ts'],
  ...['src/check/findings.ts', 'src/check/check-run.ts', 'src/data/difficulty.ts'],
];

it('docs/check.md has a row for each kind of finding, and no other', () => {
  const made = SOURCES.flatMap((file) =>
    [...read(file).matchAll(/\bkind: ([^,]*)/g)].flatMap(([, value]) =>
      [...value!.matchAll(/'([a-z-]+)'/g)].map(([, kind]) => kind!),
    ),
  );
  const rows = [...read('docs/check.md').matchAll(/^\| (`.*?) \|/gm)];
  const documented = rows.flatMap(([, cell]) => [...cell!.matchAll(/`([a-z-]+)`/g)].map(([, kind]) => kind!));
  expect([...new Set(made)].sort()).toEqual([...documented].sort());
  expect(documented.length).toBeGreaterThan(20);
});
