import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

/** The built command. */
export const GRPO = join(import.meta.dirname, '../../../dist/grpo.js');

export interface Finished {
  status: number | null;
  stdout: string;
  stderr: string;
}

/** Runs the built command as a user does, in a process of its own. */
export function grpo(
  args: string[],
  options: { env?: NodeJS.ProcessEnv; cwd?: string } = {},
  script = GRPO,
): Promise<Finished> {
  if (!existsSync(script)) throw new Error('dist/grpo.js is missing: `npm run build` first');
  return new Promise((resolve) => {
    const child = execFile(process.execPath, [script, ...args], options, (_, stdout, stderr) => {
      resolve({ status: child.exitCode, stdout, stderr });
    });
  });
}

/** The lines of a `--json` output; every line must be JSON, and nothing may be on stderr. */
export async function grpoJson<Row>(...args: string[]): Promise<Row[]> {
  const { status, stdout, stderr } = await grpo([...args, '--json']);
  if (status !== 0 || stderr !== '') throw new Error(`exit status ${status}: ${stderr}`);
  return jsonLines(stdout);
}

export function jsonLines<Row>(text: string): Row[] {
  if (!text.endsWith('\n')) throw new Error('the last line is not ended');
  return text
    .slice(0, -1)
    .split('\n')
    .map((line) => JSON.parse(line) as Row);
}

/** A folder that goes when the test ends. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'grpo-cli-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** A file of JSON lines; rows that are strings are written as they are. */
export function jsonlFile(rows: unknown[]): string {
  const file = join(temporaryFolder(), 'rows.jsonl');
  writeFileSync(file, rows.map((row) => `${typeof row === 'string' ? row : JSON.stringify(row)}\n`).join(''));
  return file;
}

/** What transformers makes of a reference model (test/references/make_models.py). */
export interface Expected {
  eos_token_ids: number[];
  logprobs: {
    prompt: string;
    prompt_ids: number[];
    completion?: string;
    completion_ids: number[];
    logprobs: number[];
  }[];
  greedy: { prompt: string; prompt_ids: number[]; completion_ids: number[] }[];
  chat: { messages: { role: string; content: string }[]; ids: number[] };
}

const MODELS = join(import.meta.dirname, '../../references/fixtures/models');

/** The reference models' names. */
export const modelNames = readdirSync(MODELS);

export function referenceModel(name: string): { folder: string; expected: Expected } {
  const folder = join(MODELS, name);
  return { folder, expected: JSON.parse(readFileSync(join(folder, 'expected.json'), 'utf8')) };
}
