import { checkRun } from '../check/check-run.ts';
import { loadRunConfig } from '../config/load-config.ts';
import { grpoStage } from '../config/run-stages.ts';
import type { CheckReport } from '../protocol/check-report.ts';
import { checkLines, functionRows, modelText } from '../protocol/check-text.ts';
import { formatLocation } from '../protocol/errors.ts';
import type { Finding } from '../protocol/finding.ts';
import { setWords } from '../protocol/remedy.ts';
import { difficultyCommand } from './check-difficulty.ts';
import type { CommandOf } from './commands.ts';
import { print, printJson, warn } from './output.ts';
import { rewardWorker } from './reward-worker.ts';
import { StatusLine } from './status-line.ts';
import { table } from './table.ts';

/** `grpo check`: a few steps of a run without training. The exit status is 1 where nothing could be learned. */
export async function checkCommand(command: CommandOf<'check'>): Promise<number> {
  const run = loadRunConfig(command.config, { set: command.set });
  if (command.difficulty) return difficultyCommand(grpoStage(run).loaded, command);
  const status = new StatusLine(process.stderr);
  const onProgress = (message: string) => status.show(message);
  const report = await checkRun(run, { rewardWorker, onProgress, onWarning: warn }).finally(() => status.clear());
  if (command.json) printJson(report);
  else printReport(report);
  return report.findings.some(({ severity }) => severity === 'error') ? 1 : 0;
}

function printReport(report: CheckReport): void {
  const { name, step, findings } = report;
  print(`${name}: ${modelText(report)}`);
  print('');
  for (const line of table(checkLines(report))) print(line);
  print('');
  for (const line of table(functionRows(step), (column) => column > 0)) print(line);
  print('');
  if (findings.length === 0) print('No problems found.');
  for (const each of findings) printFinding(each);
}

function printFinding({ severity, kind, evidence, place, remedy }: Finding): void {
  const where = place === undefined ? '' : `${formatLocation(place)}: `;
  print(`${severity} (${kind}): ${where}${evidence}`);
  if (remedy?.action === 'set') print(`  ${setWords(remedy)}.`);
}
