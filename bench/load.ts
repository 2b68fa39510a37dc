/** What it takes to load a model: seconds, and the most memory as a multiple of its weights in float32. */
import { execFileSync } from 'node:child_process';
import { resolve } from 'node:path';
import { readModelConfig } from '../src/model/files/model-config.ts';
import { parameterCount } from '../src/model/parameters.ts';
import { BadInput } from '../src/protocol/errors.ts';
import { versions } from '../src/trainer/versions.ts';
import { machine } from './machine.ts';
import { parseOptions } from './options.ts';
import { median } from './statistics.ts';
import { listOf, mebibytes, row } from './words.ts';

/** What `load-once.ts` prints. */
export interface Loading {
  seconds: number;
  /** Of the process before it loads: Node and this program. */
  start_rss_bytes: number;
  peak_rss_bytes: number;
}

const TIMES = 3;
const FLOAT32_BYTES = 4;

export function benchLoad(args: string[]): void {
  const { model } = parseOptions('load', args, { model: { type: 'string' } });
  if (model === undefined) throw new BadInput('npm run bench -- load: name a model with --model.');
  const parameters = parameterCount(readModelConfig(model));
  const loadings = Array.from({ length: TIMES }, () => loadOnce(resolve(model)));
  const size = FLOAT32_BYTES * parameters;
  const peak = Math.max(...loadings.map((loading) => loading.peak_rss_bytes));
  const start = median(loadings.map((loading) => loading.start_rss_bytes));
  const seconds = loadings.map((loading) => loading.seconds);
  console.log(
    [
      row('', 'figure', ''),
      '|---|---|---|',
      row(
        'time',
        `${median(seconds).toFixed(2)} s`,
        `first ${seconds[0]!.toFixed(2)} s, longest ${Math.max(...seconds).toFixed(2)} s`,
      ),
      row(
        'peak resident memory',
        `${(peak / size).toFixed(2)}×`,
        `${mebibytes(peak)}, of which ${mebibytes(start)} before loading`,
      ),
      row('weights in float32', mebibytes(size), `${parameters.toLocaleString('en')} parameters`),
      '',
      `\`${['npm run bench -- load', ...args].join(' ')}\``,
      `Median of ${TIMES} loads, each in a process of its own, on ${machine()}. The file may be in the system's cache from the second on.`,
      `${listOf(versions())}.`,
    ].join('\n'),
  );
}

function loadOnce(model: string): Loading {
  const command = ['scripts/run.mjs', 'bench/load-once.ts', model];
  return JSON.parse(
    execFileSync(process.execPath, command, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] }),
  );
}
