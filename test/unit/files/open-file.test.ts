import { execFileSync } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, symlinkSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { openRegularFile, readBytes, readBytesLater } from '../../../src/files/open-file.ts';
import { fileOf, problem, temporaryFolder } from './folder.ts';

const KIND = { what: 'dataset', most: 10 };
const onUnix = test.skipIf(process.platform === 'win32');

describe('reads regular files', () => {
  test('at once and later', async () => {
    const file = fileOf('0123456789');
    expect(readBytes(file, KIND).toString()).toBe('0123456789');
    expect((await readBytesLater(file, KIND)).toString()).toBe('0123456789');
    expect(readBytes(fileOf(''), KIND)).toHaveLength(0);
  });

  test.skipIf(!existsSync('/proc/version'))('also those that say they are empty', () => {
    expect(readBytes('/proc/version', { what: 'file', most: 1e6 }).length).toBeGreaterThan(10);
    expect(problem(() => readBytes('/proc/version', KIND))).toMatch(/has more than 0 MB/);
  });
});

describe('refuses', () => {
  /** Both ways of reading say the same. */
  const refusal = async (file: string) => {
    const said = problem(() => readBytes(file, KIND));
    await expect(readBytesLater(file, KIND)).rejects.toThrow(said.slice(0, 12));
    return said;
  };

  test('what is not there, or a folder', async () => {
    const folder = temporaryFolder();
    expect(await refusal(join(folder, 'none'))).toBe('The dataset none does not exist.');
    mkdirSync(join(folder, 'sub'));
    expect(await refusal(join(folder, 'sub'))).toBe('The dataset sub is a folder, not a file.');
    expect(await refusal(join(fileOf('x'), 'below'))).toMatch(/cannot be read: a part of its path is a file/);
  });

  test('what is larger than its kind ever is', async () => {
    expect(await refusal(fileOf('01234567890'))).toMatch(/has more than 0 MB; is it the right file\?/);
  });

  // Without O_NONBLOCK, opening it would wait for a writer.
  onUnix('a pipe', async () => {
    const pipe = join(temporaryFolder(), 'pipe');
    execFileSync('mkfifo', [pipe]);
    expect(await refusal(pipe)).toBe(
      'The dataset pipe is a pipe, not a file; write what it should read into a file, and name that.',
    );
  });

  onUnix('a device, also behind a link', async () => {
    const link = join(temporaryFolder(), 'link');
    symlinkSync('/dev/zero', link);
    expect(await refusal(link)).toMatch(/is a device, not a file/);
  });

  onUnix('a socket', async () => {
    const path = join(temporaryFolder(), 'socket');
    const server = createServer().listen(path);
    await new Promise((done) => server.once('listening', done));
    expect(problem(() => readBytes(path, KIND))).toMatch(/is a socket, not a file/);
    await expect(readBytesLater(path, KIND)).rejects.toThrow('it is a socket or a device, not a file');
    server.close();
  });

  test('at the place that names the file', () => {
    const at = { file: 'run.grpo.json', line: 3, column: 5 };
    expect(() => readBytes('none.jsonl', KIND, at)).toThrow(/^run\.grpo\.json:3:5: The dataset none\.jsonl does/);
  });
});

test('an open file is the one that was looked at', () => {
  const descriptor = openRegularFile(fileOf('x'), 'file');
  expect(descriptor).toBeGreaterThan(2);
  closeSync(descriptor);
});
