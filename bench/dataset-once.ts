/**
 * Reads a dataset's file as a run does, in a process that does nothing else, and prints what it took as a line of JSON.
 *
 *     node scripts/run.mjs bench/dataset-once.ts FILE
 */
import { readRows } from '../src/data/readers/read-rows.ts';
import type { Reading } from './dataset.ts';

const start_rss_bytes = process.memoryUsage.rss();
const started = performance.now();
const before = process.cpuUsage();
const rows = await readRows([process.argv[2]!], { what: 'dataset' });
const { user, system } = process.cpuUsage(before);
const reading: Reading = {
  rows: rows.length,
  seconds: (performance.now() - started) / 1000,
  cpu_seconds: (user + system) / 1e6,
  start_rss_bytes,
  // maxRSS is in KiB on every platform.
  peak_rss_bytes: process.resourceUsage().maxRSS * 1024,
};
console.log(JSON.stringify(reading));
