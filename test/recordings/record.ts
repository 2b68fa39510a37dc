/**
 * `npm run record [CASE ...]`: records again what the runs of cases.ts give, after a change that is meant to change it. Read what `git diff`
 * shows before committing it.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { CASES } from './cases.ts';
import { shorten } from './files.ts';
import { formatRecording, onnxruntimeVersion, recordingFile, thisCpu } from './recording.ts';
import { runCase } from './run-case.ts';

const wanted = process.argv.slice(2);
for (const each of CASES) {
  if (wanted.length > 0 && !wanted.includes(each.name)) continue;
  const files = shorten(await runCase(each));
  const file = recordingFile(each.name);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, formatRecording({ cpu: thisCpu(), onnxruntime: onnxruntimeVersion(), files }));
  console.log(`${file} written`);
}
