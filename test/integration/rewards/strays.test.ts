/** What goes wrong outside any call is told, with its place. */
import { realpathSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { batchOf, brief, folderWith, open, outcomesOf, pythonMissing, until } from './workspace.ts';

async function warningsOf(name: string, source: string, calls = 1): Promise<{ warnings: string[]; file: string }> {
  const file = join(realpathSync(folderWith({ [name]: source })), name);
  const warnings: string[] = [];
  const set = await open([{ file }], { onWarning: (message) => void warnings.push(message) });
  for (let call = 0; call < calls; call++) {
    expect(brief(await outcomesOf(set, batchOf(['x', 'yy'])))).toEqual([1, 2]);
    expect(await until(() => warnings.length > 0)).toBe(true);
  }
  return { warnings, file };
}

test('a promise that nothing awaits and that is rejected, once for all calls', async () => {
  const { warnings, file } = await warningsOf(
    'silent.reward.ts',
    `interface Gone { a: 1 }
export function silent({ completion }: { completion: string }) {
  if (completion === 'yy') Promise.reject(new Error('nobody heard'));
  return completion.length;
}`,
    3,
  );
  expect(warnings).toEqual([
    `${file}:3:43: Error: nobody heard (a rejected promise that nothing awaits); the process is started again.`,
  ]);
});

test('one that is rejected with no error is told at the file', async () => {
  const source = 'export const silent = ({ completion }) => (Promise.reject({ code: 7 }), completion.length);';
  const { warnings, file } = await warningsOf('silent.reward.js', source);
  expect(warnings[0]).toContain(`${file}: threw { code: 7 } (a rejected promise that nothing awaits)`);
});

test('an exception in a timer', async () => {
  const { warnings, file } = await warningsOf(
    'timer.reward.js',
    `export function timer({ completion }) {
  if (completion === 'yy') setTimeout(() => { throw new RangeError('too late'); }, 5);
  return completion.length;
}`,
  );
  expect(warnings[0]).toContain(`${file}:2:53: RangeError: too late (outside the function's own call, as in a timer)`);
});

test.each([
  [
    'process.exit(3)',
    /^\S+leaves\.reward\.js: The function ended its process with exit code 3; the process is started again\.$/,
  ],
  [
    "writeSync(4, 'x\\n')",
    /^\S+leaves\.reward\.js: The worker sent something that is no reply to its request; .* descriptor 4; the process/,
  ],
])('a worker that is lost between two calls is told: %s', async (deed, message) => {
  const { warnings } = await warningsOf(
    'leaves.reward.js',
    `import { writeSync } from 'node:fs';
    export function leaves({ completion }) {
      if (completion === 'yy') setTimeout(() => ${deed}, 50);
      return completion.length;
    }`,
    2,
  );
  expect(warnings).toEqual([expect.stringMatching(message)]);
});

test.skipIf(pythonMissing)('Python: an exception in a thread, and in a task that nothing awaits', async () => {
  const { warnings, file } = await warningsOf(
    'stray.py',
    `
import asyncio, gc, threading
def broken(): raise ValueError("in a thread")
async def lost(): raise KeyError("in a task")
async def stray(completions, **kwargs):
    thread = threading.Thread(target=broken)
    thread.start()
    thread.join()
    asyncio.ensure_future(lost())
    await asyncio.sleep(0.01)
    gc.collect()
    return [float(len(c)) for c in completions]`,
    2,
  );
  expect(await until(() => warnings.length > 1)).toBe(true);
  expect(warnings.toSorted()).toEqual([
    expect.stringMatching(/:3(:\d+)?: ValueError: in a thread \(in a thread\)\.$/),
    expect.stringMatching(/:4(:\d+)?: KeyError: 'in a task' \(in a task that nothing awaits\)\.$/),
  ]);
  for (const warning of warnings) expect(warning).toContain(file);
});
