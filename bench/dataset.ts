/** What it takes to read a dataset of each format: seconds, and memory beyond what the rows' process had before. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { BadInput } from '../src/protocol/errors.ts';
import { countOf, parseOptions } from './options.ts';

/** A line of JSON that `dataset-once.ts` prints. */
export interface Reading {
  rows: number;
  seconds: number;
  cpu_seconds: number;
  start_rss_bytes: number;
  peak_rss_bytes: number;
}

/** `npm run bench -- dataset [FILE...]`: those files; without any, made ones of each text format. */
export function benchDataset(args: string[]): void {
  const files = args.filter((arg) => !arg.startsWith('--'));
  const options = parseOptions(
    'dataset',
    args.filter((arg) => !files.includes(arg)),
    {
      rows: { type: 'string', default: '100000' },
    },
  );
  const folder = mkdtempSync(join(tmpdir(), 'grpo-bench-'));
  try {
    const chosen = files.length > 0 ? files : makeFiles(folder, countOf('rows', options.rows));
    console.log('| file | MB | rows | seconds | CPU seconds | memory |\n| --- | --: | --: | --: | --: | --: |');
    for (const file of chosen) {
      const { rows, seconds, cpu_seconds, start_rss_bytes, peak_rss_bytes } = readOnce(file);
      const cells = [
        ...[file.replace(`${folder}/`, ''), megabytes(statSync(file).size), rows, seconds.toFixed(1)],
        ...[cpu_seconds.toFixed(1), `${megabytes(peak_rss_bytes - start_rss_bytes)} MB`],
      ];
      console.log(`| ${cells.join(' | ')} |`);
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const megabytes = (bytes: number): string => String(Math.round(bytes / 1e6));

function readOnce(file: string): Reading {
  const { stdout, stderr, status } = spawnSync(process.execPath, ['scripts/run.mjs', 'bench/dataset-once.ts', file], {
    encoding: 'utf8',
  });
  if (status !== 0) throw new BadInput(stderr.trim());
  return JSON.parse(stdout);
}

/** Rows of about 1 KB: two texts and two numbers. */
function makeFiles(folder: string, count: number): string[] {
  const rows = Array.from({ length: count }, (_, n) => ({
    question: `${n}: ${'How many apples, "red" ones, has Ann? '.repeat(14)}`,
    answer: `${'She has three.\n'.repeat(30)}#### ${n}`,
    n,
    x: n / 7,
  }));
  const lines = rows.map((row) => JSON.stringify(row));
  const quoted = (text: string) => `"${text.replaceAll('"', '""')}"`;
  const table = rows.map(({ question, answer, n, x }) => `${quoted(question)},${quoted(answer)},${n},${x}\n`);
  const contents: Record<string, string> = {
    'rows.jsonl': lines.map((line) => `${line}\n`).join(''),
    'rows.json': `[${lines.join(',')}]`,
    'rows.csv': `question,answer,n,x\n${table.join('')}`,
  };
  const files = Object.entries(contents).flatMap(([name, text]) => {
    writeFileSync(join(folder, name), text);
    writeFileSync(join(folder, `${name}.gz`), gzipSync(text, { level: 1 }));
    return [name, `${name}.gz`];
  });
  return files.map((name) => join(folder, name));
}
