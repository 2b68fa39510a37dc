/** What our processes leave in the home folder and whom they try to reach: nothing, nobody. */
import { execFile, type ForkOptions, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { beforeEach, expect, onTestFinished, test } from 'vitest';
import { GRPO } from './cli/run-grpo.ts';
import { completionsOf, Preview } from './preview/preview.ts';
import { Host } from './training/host.ts';
import { referenceModel, tinyWorkspace } from './training/workspace.ts';

const run = promisify(execFile);

const STRACE = ['-f', '--seccomp-bpf', '-qq', '-e', 'trace=socket,connect,sendto,sendmsg,sendmmsg'];
const hasStrace = spawnSync('strace', [...STRACE, '-o', '/dev/null', 'true']).status === 0;
if (!hasStrace) console.log('Only the home folder is watched, not the network: strace is missing or may not trace.');

/** Where drivers of GPUs keep compiled shaders, which no program can help. */
const DRIVERS = /^(\.cache\/(mesa_shader_cache|nvidia|radv)|\.nv\/)/;

let home: string;
let log: string;
let environment: NodeJS.ProcessEnv;

beforeEach(() => {
  const folder = mkdtempSync(join(tmpdir(), 'grpo-private-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  home = join(folder, 'home');
  log = join(folder, 'network.txt');
  mkdirSync(home);
  environment = { ...process.env, HOME: home, USERPROFILE: home };
  // With some of these ONNX Runtime stays silent: on a build server, or where its telemetry is off anyway.
  for (const name of Object.keys(environment))
    if (/^(CI|TF_BUILD|\w+_CI|\w+_ACTIONS|\w+CI|ORT_\w+|XDG_\w+)$/.test(name)) delete environment[name];
});

/** A process of Node's that is watched. */
const watched = (): Required<Pick<ForkOptions, 'execPath' | 'execArgv' | 'env'>> =>
  hasStrace
    ? { execPath: 'strace', execArgv: [...STRACE, '-o', log, process.execPath], env: environment }
    : { execPath: process.execPath, execArgv: [], env: environment };

async function runWatched(...args: string[]): Promise<void> {
  const { execPath, execArgv, env } = watched();
  await run(execPath, [...execArgv, ...args], { env });
}

const filesLeft = (): string[] =>
  readdirSync(home, { recursive: true, withFileTypes: true })
    .filter((entry) => !entry.isDirectory())
    .map(({ parentPath, name }) => join(parentPath, name).slice(home.length + 1))
    .filter((file) => !DRIVERS.test(file));

/** System calls that have to do with the internet, a look-up of a name among them. */
const reached = (): string[] =>
  existsSync(log)
    ? readFileSync(log, 'utf8')
        .split('\n')
        .filter((line) => line.includes('AF_INET'))
    : [];

function expectNothing(): void {
  expect(filesLeft()).toEqual([]);
  expect(reached()).toEqual([]);
  if (hasStrace) expect(existsSync(log), 'strace has watched').toBe(true);
}

test('a file in the home folder and a connection are seen', async () => {
  const server = createServer((socket) => socket.destroy()).listen(0, '127.0.0.1');
  onTestFinished(() => void server.close());
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as { port: number };
  // In a process that the watched one starts.
  const inner = `require('fs').writeFileSync(process.env.HOME + '/id', ''); require('net').connect(${port}, '127.0.0.1').on('error', () => {})`;
  await runWatched('-e', `require('child_process').spawn(process.execPath, ['-e', ${JSON.stringify(inner)}])`);
  expect(filesLeft()).toEqual(['id']);
  if (hasStrace) expect(reached().join('\n')).toContain(`htons(${port})`);
});

test('grpo train', async () => {
  await runWatched(GRPO, 'train', join(tinyWorkspace({ maxSteps: 1 }), 'run.grpo.json'));
  expectNothing();
});

test('grpo generate', async () => {
  await runWatched(GRPO, 'generate', referenceModel('llama-head-dim-bf16'), '--prompt', 'hello', '--max-tokens', '4');
  expectNothing();
});

test('grpo doctor, and the processes that try devices', async () => {
  await runWatched(GRPO, 'doctor');
  expectNothing();
});

test("an editor's trainer", async () => {
  const host = new Host({ configFile: join(tinyWorkspace({ maxSteps: 1 }), 'run.grpo.json') }, watched());
  expect(await host.exit).toBe(0);
  expectNothing();
});

test("an editor's preview", async () => {
  const files = {
    'a.reward.ts': 'export const length = ({ completion }: { completion: string }) => completion.length;\n',
  };
  const preview = new Preview(files, watched());
  await preview.result({ rewards: ['a.reward.ts#length'], samples: completionsOf(['a', 'bb']) });
  preview.child.disconnect();
  await preview.exit;
  expectNothing();
});

test('a worker thread whose environment ONNX Runtime does not see may not load it', async () => {
  const program = `
    const { Worker, SHARE_ENV } = require('node:worker_threads');
    const script = process.argv[1];
    const ended = (options) => new Promise((resolve) => new Worker(script, { ...options, argv: ['cpu', '64'] , stdout: true }).on('error', ({ message }) => resolve(message)).on('exit', resolve));
    ended({}).then(console.log).then(() => ended({ env: SHARE_ENV })).then(console.log);`;
  const { stdout } = await run(process.execPath, ['-e', program, join(GRPO, '../device-probe.js')], {
    env: environment,
  });
  expect(stdout).toMatch(/^ONNX Runtime would send usage data.*SHARE_ENV.*\n0\n$/);
});

test('no bundle loads ONNX Runtime past the module that turns its telemetry off', () => {
  const folder = join(GRPO, '..');
  const bundles = readdirSync(folder).filter((name) => /\.c?js$/.test(name));
  expect(bundles.length).toBeGreaterThan(0);
  const importing = bundles.filter((name) =>
    /\b(from|import)\s*\(?\s*["']onnxruntime-/.test(readFileSync(join(folder, name), 'utf8')),
  );
  expect(importing).toEqual([]);
});
