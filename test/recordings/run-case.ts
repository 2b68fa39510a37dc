import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Case, SMALL_FILES } from './cases.ts';
import { type Files, parseLines, plain, readFiles } from './files.ts';

const GRPO = join(process.cwd(), 'dist/grpo.js');

/** Runs a case by the built command, in a folder that is removed afterwards. What it prints is among the files as `1 rescore`, `2 eval`. */
export async function runCase(recorded: Case): Promise<Files> {
  if (!existsSync(GRPO)) throw new Error('dist/grpo.js is missing: `npm run build` first');
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'grpo-recording-')));
  try {
    const run = join(folder, 'run');
    const config = configFile(recorded, folder);
    // Recorded before that was the default: held-out prompts are evaluated where a case has `evalSteps`.
    const set = Object.entries({ evalOnStart: false, ...recorded.set, device: 'cpu' }).flatMap(([field, value]) => [
      '--set',
      `${field}=${JSON.stringify(value)}`,
    ]);
    await grpo(['train', config, '--out', run, '--json', ...set, ...(recorded.arguments ?? [])]);

    const places = { '<repository>': process.cwd(), '<folder>': folder };
    const outputs: Files = {};
    for (const [index, command] of (recorded.afterwards ?? []).entries()) {
      const printed = await grpo(command.map((argument) => filledIn(argument, run, config)));
      // What else a command does is in the files.
      if (command.at(-1) === '--json') outputs[`${index + 1} ${command[0]}`] = parseLines(plain(printed, places));
    }
    return { ...readFiles(run, places), ...outputs };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function configFile({ config }: Case, folder: string): string {
  if (config !== 'small') return join(process.cwd(), 'sample-workspace', `${config}.grpo.json`);
  for (const [name, text] of Object.entries(SMALL_FILES)) writeFileSync(join(folder, name), text);
  return join(folder, 'run.grpo.json');
}

const filledIn = (argument: string, run: string, config: string): string =>
  argument
    .replace(/^CONFIG$/, config)
    .replace(/^RUN/, run)
    .replace(/^CHECKPOINT\((\d)\)$/, (_, step) => join(run, `checkpoints/step-00000${step}`));

/**
 * ONNX Runtime shares products out among as many threads as there are cores, and a share of one row is added up in another order.
 *
 * Source: https://github.com/microsoft/onnxruntime/pull/29688.
 */
const env = { ...process.env, ORT_INTRA_OP_NUM_THREADS: '2' };

/** What the command prints; an error when it fails. */
const grpo = (args: string[]): Promise<string> =>
  new Promise((resolve, reject) => {
    execFile(process.execPath, [GRPO, ...args], { env, maxBuffer: 2 ** 28 }, (error, stdout, stderr) => {
      if (error) reject(new Error(`grpo ${args.join(' ')}\n${stdout.slice(-2000)}${stderr}`));
      else resolve(stdout);
    });
  });
