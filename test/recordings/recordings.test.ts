/**
 * The runs of cases.ts give what they gave when they were recorded: metrics, completions, checkpoints and every other file. On the same kind of
 * CPU to the bit; on another kind the first step to 1e-5, and of later ones which files and fields they write. `npm run record` records them
 * again.
 */
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { describe, expect, test } from 'vitest';
import { ADDED_SINCE, withoutAdditions } from './added-since.ts';
import { CASES } from './cases.ts';
import { differences } from './differences.ts';
import { shorten } from './files.ts';
import { onnxruntimeVersion, readRecording, recordingFile, thisCpu } from './recording.ts';
import { runCase } from './run-case.ts';

const hasPython = spawnSync('python3', ['--version']).status === 0;
const cpu = thisCpu();
const found = new Set<string>();

const strictness = (name: string): string =>
  isSameCpu(name)
    ? 'to the bit'
    : 'first step to 1e-5 and later ones by their form, since they were recorded on another kind of CPU';
const isSameCpu = (name: string): boolean => readRecording(name).cpu.kernels === cpu.kernels;

describe(`as recorded (this CPU: ${cpu.kernels})`, () => {
  for (const each of CASES) {
    const needs = each.needsPython ? ', needs python3' : '';
    const title = `${each.name}: ${strictness(each.name)}${needs}`;
    test.skipIf(needs && !hasPython)(title, async () => {
      const { files, cpu: recordedOn, onnxruntime } = readRecording(each.name);
      const now = shorten(withoutAdditions(await runCase(each), ADDED_SINCE, found));
      const on = `recorded on ${recordedOn.name} (${recordedOn.kernels}; ${recordedOn.others}) with ONNX Runtime ${onnxruntime}, run on ${cpu.name} (${cpu.others}) with ${onnxruntimeVersion()}`;
      expect(differences(files, now, isSameCpu(each.name)), on).toEqual([]);
    });
  }
});

test('every entry of ADDED_SINCE is in some run', () => {
  expect([...found].sort()).toEqual([...ADDED_SINCE].sort());
});

test('each recording is of a case', () => {
  const names = readdirSync(dirname(recordingFile('')), { withFileTypes: true });
  const recorded = names.flatMap((entry) => (entry.isFile() ? [entry.name] : []));
  expect(recorded.sort()).toEqual(CASES.map(({ name }) => `${name}.json`).sort());
});
