/**
 * Loads a model as the `grpo` command does, in a process that does nothing else, and prints what it took as a line of JSON.
 *
 *     node scripts/run.mjs bench/load-once.ts FOLDER_OR_GGUF
 */
import { openModel } from '../src/cli/open-model.ts';
import type { Loading } from './load.ts';

const start_rss_bytes = process.memoryUsage.rss();
const started = performance.now();
await openModel(process.argv[2]!);
const loading: Loading = {
  seconds: (performance.now() - started) / 1000,
  start_rss_bytes,
  // maxRSS is in KiB on every platform.
  peak_rss_bytes: process.resourceUsage().maxRSS * 1024,
};
console.log(JSON.stringify(loading));
