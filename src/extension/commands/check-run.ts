import { dirname } from 'node:path';
import { window, workspace } from 'vscode';
import { reasonIn } from '../../processes/reason-in.ts';
import { type CheckReport, checkReport } from '../../protocol/check-report.ts';
import { badInputText } from '../../protocol/errors.ts';
import { configName } from '../../text/files-by-name.ts';
import type { Lab } from '../lab.ts';
import type { CommandExit } from '../workspace/grpo-command.ts';
import { pickConfig } from '../workspace/pick-config.ts';
import { placeToOpen } from '../workspace/problem-place.ts';
import { pythonArgs } from '../workspace/request.ts';
import { mayRunCode } from '../workspace/trust.ts';
import { showReport } from './check-panel.ts';
import { runWithProgress } from './run-with-progress.ts';

/** Takes a few steps of a run without training, shows what it will be like, and marks in its config what is wrong. `given`: a config's Uri or path. */
export async function checkRun(lab: Lab, given?: unknown): Promise<void> {
  if (!mayRunCode('Checking a run')) return;
  const config = await pickConfig(given, 'GRPO: Check Run');
  if (config === undefined) return;
  // What is on the screen is what is checked.
  await workspace.saveAll(false);
  lab.problems.clear(config);
  const report = await checked(lab, config);
  if (!report) return;
  await lab.problems.reportFindings(report.findings, config);
  showReport(report);
}

/** The report; undefined when it was cancelled, or failed and said so. */
async function checked(lab: Lab, config: string): Promise<CheckReport | undefined> {
  const set = await pythonArgs(config, lab.interpreters);
  let report: CheckReport | undefined;
  const { exit, cancelled } = await runWithProgress(lab.context, {
    title: `Checking ${configName(config)}`,
    args: ['check', config, ...set],
    judgeKeys: lab.judgeKeys,
    cwd: dirname(config),
    begin: 'starting',
    onLine(line) {
      report = checkReport.parse(JSON.parse(line));
    },
  });
  if (cancelled) return undefined;
  // One that found out that nothing can be learned has not failed.
  if (!report) await reportFailure(lab, exit, config);
  return report;
}

async function reportFailure({ log, problems }: Lab, exit: CommandExit, config: string): Promise<void> {
  const { problem, lastWords } = exit;
  log.error(lastWords);
  if (problem) void problems.report(problem, config);
  const place = problem && placeToOpen(problem);
  const why = problem ? badInputText(problem) : reasonIn(lastWords);
  const action = await window.showErrorMessage(
    `${configName(config)} could not be checked: ${why}`,
    ...(place ? ['Open'] : []),
  );
  if (action === 'Open') await problems.open(place);
}
