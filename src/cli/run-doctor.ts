import { join } from 'node:path';
import { diagnoseFolder, readHistory } from '../doctor/read-history.ts';
import { BadInput, formatLocation } from '../protocol/errors.ts';
import { remedyWords } from '../protocol/remedy.ts';
import type { RunFinding } from '../protocol/run-finding.ts';
import { RUN_FILES } from '../protocol/run-folder.ts';
import { countsText, type Severity } from '../protocol/severity.ts';
import { readRunInfo } from '../run-folder/run-info.ts';
import { print, printJson } from './output.ts';

/** `grpo doctor RUN_DIR`: what a run's steps show, be it done or still running. Exit status 1 when something keeps it from learning. */
export async function diagnoseRun(run: string, json: boolean): Promise<number> {
  const { name, step, ...info } = readRunInfo(run);
  const history = await readHistory(run, { name, step, ...info });
  // "Nothing found" would sound like good news.
  if (step > 0 && history.metrics.length === 0)
    throw new BadInput(
      `The run has ${step} ${step === 1 ? 'step' : 'steps'}, but this file has none of them; restore it.`,
      {
        file: join(run, RUN_FILES.metrics),
      },
    );
  const findings = await diagnoseFolder(run, history);
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
