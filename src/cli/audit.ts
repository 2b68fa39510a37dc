import { audit } from '../audit/audit.ts';
import { describeAudit, failsAbove } from './audit-report.ts';
import type { CommandOf } from './commands.ts';
import { print, printJson } from './output.ts';
import { openJobRewards, readScoreJob } from './score-job.ts';

/** `grpo audit`: what reward functions can be fooled by. Exit status 1 above `--fail-above`. */
export async function auditCommand(command: CommandOf<'audit'>): Promise<number> {
  const job = readScoreJob(command);
  const { samples, samplesFile } = job;
  const functions = await openJobRewards(job);
  try {
    const report = await audit(samples, functions);
    if (command.json) printJson(report);
    else print(describeAudit(report, samplesFile));
    const { failAbove } = command;
    return failAbove !== undefined && failsAbove(report, failAbove) ? 1 : 0;
  } finally {
    await functions.close();
  }
}
