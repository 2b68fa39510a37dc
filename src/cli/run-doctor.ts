import { diagnoseFolder, readHistory } from '../doctor/read-history.ts';
import { formatLocation } from '../protocol/errors.ts';
import { remedyWords } from '../protocol/remedy.ts';
import type { RunFinding } from '../protocol/run-finding.ts';
import { countsText, type Severity } from '../protocol/severity.ts';
import { readRunInfo } from '../run-folder/run-info.ts';
import { print, printJson } from './output.ts';

/** `grpo doctor RUN_DIR`: what a run's steps show, be it done or still running. Exit status 1 when something keeps it from learning. */
export async function diagnoseRun(run: string, json: boolean): Promise<number> {
  const { name, step, ...info } = readRunInfo(run);
  const findings = await diagnoseFolder(run, await readHistory(run, { name, step, ...info }));
  const count = (severity: Severity) => findings.filter((finding) => finding.severity === severity).length;
  const counts = { error: count('error'), warning: count('warning'), information: count('information') };
  if (json) printJson({ run, step, findings });
  else {
    const heading = `${name}: ${countsText(counts) || 'nothing found'} in ${step} ${step === 1 ? 'step' : 'steps'}.`;
    print([heading, ...findings.map(text)].join('\n\n'));
  }
  return counts.error > 0 ? 1 : 0;
}

function text({ severity, kind, title, evidence, place, remedy, also = [] }: RunFinding): string {
  const where = place ? `${formatLocation(place)}: ` : '';
  const lines = [`${severity} (${kind}): ${title}`, `  ${where}${evidence}`];
  const others = also.map((other) => `  Also (${other.kind}): ${other.title}. ${other.evidence}`);
  return [...lines, ...others, ...(remedy ? [`  ${remedyWords(remedy)}`] : [])].join('\n');
}
