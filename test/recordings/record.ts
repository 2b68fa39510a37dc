/**
 * `npm run record [CASE ...]`: records again what the runs of cases.ts give, after a change that is meant to change it. Read what `git diff`
 * shows before committing it. Cases that are named are recorded like those that are not: without what was added since.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { ADDED_SINCE, withoutAdditions } from './added-since.ts';
import { CASES } from './cases.ts';
import { shorten } from './files.ts';
import { formatRecording, onnxruntimeVersion, recordingFile, thisCpu } from './recording.ts';
import { runCase } from './run-case.ts';

const wanted = process.argv.slice(2);
for (const each of CASES) {
  if (wanted.length > 0 && !wanted.includes(each.name)) continue;
  const written = await runCase(each);
  const files = shorten(wanted.length > 0 ? withoutAdditions(written, ADDED_SINCE, new Set()) : written);
  const file = recordingFile(each.name);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, formatRecording({ cpu: thisCpu(), onnxruntime: onnxruntimeVersion(), files }));
  console.log(`${file} written`);
}
