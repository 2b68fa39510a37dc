import { diagnoseFolder, readHistory } from '../doctor/read-history.ts';
import { remedyWords } from '../protocol/remedy.ts';
import type { RunFinding } from '../protocol/run-finding.ts';
import { readRunInfo } from '../run-folder/run-info.ts';
import { print, printJson } from './output.ts';

/** `grpo doctor RUN_DIR`: what a run's steps show, be it done or still running. Exit status 1 when something keeps it from learning. */
export async function diagnoseRun(run: string, json: boolean): Promise<number> {
  const info = readRunInfo(run);
  const findings = await diagnoseFolder(run, await readHistory(run, info));
  if (json) printJson({ run, step: info.step, findings });
  else
    print(
      findings.length === 0 ? `${info.name}: nothing found in ${info.step} steps.` : findings.map(text).join('\n\n'),
    );
  return findings.some(({ severity }) => severity === 'error') ? 1 : 0;
}

function text({ severity, kind, title, evidence, remedy }: RunFinding): string {
  const lines = [`${severity} (${kind}): ${title}`, `  ${evidence}`];
  return [...lines, ...(remedy ? [`  ${remedyWords(remedy)}`] : [])].join('\n');
}
