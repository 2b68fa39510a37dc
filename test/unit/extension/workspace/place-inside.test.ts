/** Where a write may go: inside the workspace, whatever its files name or link to. */
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { placeInside } from '../../../../src/extension/workspace/place-inside.ts';

let outer: string;
let workspace: string;
const inside = (...parts: string[]) => placeInside(join(workspace, ...parts), [workspace]);

beforeEach(() => {
  outer = realpathSync(mkdtempSync(join(tmpdir(), 'grpo-place-')));
  workspace = join(outer, 'workspace');
  mkdirSync(join(workspace, 'samples'), { recursive: true });
  writeFileSync(join(outer, '.bashrc'), 'alias ll=ls\n');
});
afterEach(() => rmSync(outer, { recursive: true, force: true }));

describe('a path in the workspace', () => {
  it('is what it is, whether it exists or not', async () => {
    writeFileSync(join(workspace, 'samples/a.samples.jsonl'), '');
    expect(await inside('samples/a.samples.jsonl')).toBe(join(workspace, 'samples/a.samples.jsonl'));
    expect(await inside('new/folder/b.samples.jsonl')).toBe(join(workspace, 'new/folder/b.samples.jsonl'));
    expect(await inside('..a/b')).toBe(join(workspace, '..a/b'));
  });

  it('may be linked within the workspace: the place is where the link leads', async () => {
    symlinkSync('samples', join(workspace, 'link'));
    expect(await inside('link/a.samples.jsonl')).toBe(join(workspace, 'samples/a.samples.jsonl'));
  });

  it('counts when the workspace is itself opened by a link', async () => {
    symlinkSync(workspace, join(outer, 'opened'));
    const file = join(outer, 'opened/samples/a.samples.jsonl');
    expect(await placeInside(file, [join(outer, 'opened')])).toBe(join(workspace, 'samples/a.samples.jsonl'));
  });
});

describe('a path that leads out of the workspace is refused', () => {
  it.each([
    ['by name', '../.bashrc'],
    ['to a folder of a similar name', '../workspace-2/a.samples.jsonl'],
    ['to the folder above', '..'],
    ['to the workspace itself', '.'],
  ])('%s', async (_, path) => {
    await expect(inside(path)).rejects.toThrow(/is outside the workspace, so it was not written\.$/);
  });

  it('by a link to a file', async () => {
    symlinkSync(join(outer, '.bashrc'), join(workspace, 'a.samples.jsonl'));
    await expect(inside('a.samples.jsonl')).rejects.toThrow(`it points to ${join(outer, '.bashrc')}`);
  });

  it('by a link to a folder, above files that do not exist yet', async () => {
    symlinkSync(outer, join(workspace, 'out'));
    await expect(inside('out/new/a.samples.jsonl')).rejects.toThrow('is outside the workspace');
  });

  it('by a link that leads to nothing yet', async () => {
    symlinkSync(join(outer, 'not-there'), join(workspace, 'a.samples.jsonl'));
    await expect(inside('a.samples.jsonl')).rejects.toThrow('is a broken link');
  });

  it('when no folder is open', async () => {
    await expect(placeInside(join(workspace, 'a.samples.jsonl'), [])).rejects.toThrow('is outside the workspace');
  });
});
