/** Which trainer holds a run folder, and whether it is still there: in this container, another one, or before the machine was started again. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { fateOf, type ProcessIdentity, thisProcess } from '../../../src/processes/identity.ts';
import { RunFailure } from '../../../src/protocol/errors.ts';
import { lockRunFolder } from '../../../src/run-folder/run-lock.ts';

let folder: string;
let lock: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'grpo-lock-'));
  lock = join(folder, 'trainer.lock');
});
afterEach(() => rmSync(folder, { recursive: true }));

const module = new URL('../../../src/run-folder/run-lock.ts', import.meta.url).href;
/** What a process does that locks the folder and stays. */
const HOLD = `import { lockRunFolder } from '${module}'; lockRunFolder(process.env.FOLDER); console.log('held'); setInterval(() => {}, 1000);`;
/** What a process says that tries to lock it. */
const TRY = `import { lockRunFolder } from '${module}'; try { lockRunFolder(process.env.FOLDER)(); console.log('free'); } catch (error) { console.log(error.message); }`;

const nodeArguments = (script: string) => [process.execPath, '--no-warnings', '--input-type=module', '-e', script];
const env = () => ({ ...process.env, FOLDER: folder });

/** Another process that holds the folder; \`under\` is a command that starts it. */
async function holder(...under: string[]): Promise<ChildProcess> {
  const [command, ...rest] = [...under, ...nodeArguments(HOLD)];
  const child = spawn(command!, rest, { stdio: ['ignore', 'pipe', 'inherit'], env: env() });
  onTestFinished(() => void child.kill('SIGKILL'));
  await once(child.stdout!, 'data');
  return child;
}

async function end(child: ChildProcess): Promise<void> {
  child.kill('SIGKILL');
  await once(child, 'exit');
}

/** What another process hears that tries to lock the folder. */
function tried(...under: string[]): string {
  const [command, ...rest] = [...under, ...nodeArguments(TRY)];
  return spawnSync(command!, rest, { env: env(), encoding: 'utf8', timeout: 60_000 }).stdout.trim();
}

const owner = (): ProcessIdentity => JSON.parse(readFileSync(lock, 'utf8'));
const claim = (changes: Partial<ProcessIdentity>) => writeFileSync(lock, JSON.stringify({ ...owner(), ...changes }));

describe('a lock', () => {
  test('holds while its process lives, and not after', async () => {
    const other = await holder();
    expect(owner()).toMatchObject({ pid: other.pid, host: thisProcess().host });
    expect(() => lockRunFolder(folder)).toThrow(`Another trainer (process ${other.pid} on`);
    await end(other);
    expect(existsSync(lock)).toBe(true);
    lockRunFolder(folder)();
    expect(existsSync(lock)).toBe(false);
  });

  test('that this process left behind is its own again', () => {
    writeFileSync(lock, JSON.stringify(thisProcess()));
    lockRunFolder(folder)();
  });

  test('that nobody can read is not taken', () => {
    writeFileSync(lock, '');
    expect(() => lockRunFolder(folder)).toThrow(RunFailure);
    expect(readFileSync(lock, 'utf8')).toBe('');
  });

  test('that is larger than any is not taken', () => {
    const text = JSON.stringify(thisProcess()) + ' '.repeat(1e6);
    writeFileSync(lock, text);
    expect(() => lockRunFolder(folder)).toThrow(/^Another trainer has just started/);
    expect(readFileSync(lock, 'utf8')).toBe(text);
  });

  test.skipIf(process.platform === 'win32')('that is a pipe is not waited for', () => {
    expect(spawnSync('mkfifo', [lock]).status).toBe(0);
    expect(tried()).toMatch(/^Another trainer has just started .*; delete .*trainer\.lock if that is not so\.$/);
  });

  test('of an earlier release is judged by host and number', async () => {
    const other = await holder();
    const { pid, host } = owner();
    writeFileSync(lock, JSON.stringify({ pid, host }));
    expect(() => lockRunFolder(folder)).toThrow(
      /stop it first; if that process is something else, delete .*trainer\.lock\.$/,
    );
    writeFileSync(lock, JSON.stringify({ pid, host: `not-${host}` }));
    expect(() => lockRunFolder(folder)).toThrow(/cannot be seen from here.* delete .*trainer\.lock\.$/);
    await end(other);
    writeFileSync(lock, JSON.stringify({ pid, host }));
    lockRunFolder(folder)();
  });
});

describe.runIf(process.platform === 'linux')('on Linux', () => {
  test('a number that is used again is another process, and a host that was renamed is the same', async () => {
    await holder();
    claim({ host: 'renamed' });
    expect(fateOf(owner())).toBe('alive');
    claim({ started: owner().started! + 1 });
    expect(fateOf(owner())).toBe('gone');
    lockRunFolder(folder)();
  });

  test('what ran before the machine was started again is gone, if it was this machine and no container', () => {
    const me = { ...thisProcess(), machine: 'm', namespace: 'pid:[4026531836]' };
    const before = { ...me, boot: 'another' };
    expect(fateOf(before, me)).toBe('gone');
    expect(fateOf({ ...before, machine: 'n' }, me)).toBe('unknown');
    expect(fateOf({ ...before, host: 'elsewhere' }, me)).toBe('unknown');
    expect(fateOf({ ...before, namespace: 'pid:[1]' }, me)).toBe('unknown');
    const { machine: _, ...nameless } = before;
    expect(fateOf(nameless, me)).toBe('unknown');
  });

  test('the last write of one that cannot be seen is told', () => {
    writeFileSync(join(folder, 'run.json'), '{}');
    writeFileSync(lock, JSON.stringify({ ...thisProcess(), host: 'elsewhere', boot: 'another' }));
    expect(() => lockRunFolder(folder)).toThrow(
      /on elsewhere\) claims .* It last wrote at \d{4}-\d\d-\d\dT[\d:.]+Z\. If/,
    );
  });
});

const container = ['unshare', '--pid', '--fork', '--mount-proc', '--uts', '--kill-child'];
const canContain =
  process.platform === 'linux' &&
  thisProcess().namespace === 'pid:[4026531836]' &&
  spawnSync(container[0]!, [...container.slice(1), 'true']).status === 0;
if (!canContain)
  console.log('Skipped: no PID namespace can be made here (unshare), so no lock was held in another one.');

describe.skipIf(!canContain)('in another PID namespace, as in a container', () => {
  const inside = (...command: string[]) => [...container, 'sh', '-c', 'hostname box; exec "$0" "$@"', ...command];

  test('the lock is seen from outside to hold, and to be free', async () => {
    const other = await holder(...inside());
    expect(owner()).toMatchObject({ pid: 1, host: 'box' });
    expect(() => lockRunFolder(folder)).toThrow('Another trainer (process 1 on box)');
    await end(other);
    await expect.poll(() => fateOf(owner())).toBe('gone');
    lockRunFolder(folder)();
  });

  test('another one in a container of its own, with the same number, does not take it', async () => {
    const other = await holder(...inside());
    expect(tried(...inside())).toMatch(/^A trainer in another container .*\(process 1 on box\) claims/);
    await end(other);
    // It cannot know.
    expect(tried(...inside())).toMatch(/^A trainer in another container .* If it is gone, delete .*trainer\.lock\.$/);
    rmSync(lock);
    expect(tried(...inside())).toBe('free');
  });
});
