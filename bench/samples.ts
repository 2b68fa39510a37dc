/** How far, and how fast, each sample of the workspace learns from each of three seeds, as a Markdown table. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseRows } from '../src/run-folder/rows.ts';

const SAMPLES = [
  { name: 'sort', maximum: 7 },
  { name: 'arithmetic', maximum: 2.8 },
];
const SEEDS = [1, 2, 3];

export function benchSamples(): void {
  console.log('Mean reward of sampled completions for 64 held-out prompts, 8 each.\n');
  console.log('| command | before | after | seconds |\n|---|---|---|---|');
  for (const { name, maximum } of SAMPLES) {
    const config = `sample-workspace/${name}.grpo.json`;
    const before = evaluate(config);
    const figure = (reward: number) => `${reward.toFixed(2)} of ${maximum} (${Math.round((100 * reward) / maximum)} %)`;
    for (const seed of SEEDS) {
      const folder = mkdtempSync(join(tmpdir(), 'grpo-bench-'));
      try {
        const started = performance.now();
        const events = grpo('train', config, '--set', `seed=${seed}`, '--out', join(folder, 'run'));
        const seconds = Math.round((performance.now() - started) / 1000);
        const after = evaluate(config, '--checkpoint', String(events.at(-1)!.checkpoint));
        console.log(
          `| \`grpo train ${name}.grpo.json --set seed=${seed}\` | ${figure(before)} | ${figure(after)} | ${seconds} |`,
        );
      } finally {
        rmSync(folder, { recursive: true, force: true });
      }
    }
  }
}

const evaluate = (...args: string[]): number => grpo('eval', ...args).at(-1)!.reward as number;

/** What the command prints with --json, line by line. */
function grpo(...args: string[]): Record<string, unknown>[] {
  const output = execFileSync(process.execPath, ['dist/grpo.js', ...args, '--json'], {
    encoding: 'utf8',
    maxBuffer: 2 ** 30,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  return parseRows(output, { file: 'stdout', parse: JSON.parse, problem: 'This line is no JSON.' });
}
