import { audit } from '../audit/audit.ts';
import { openRewards } from '../rewards/open-rewards.ts';
import { describeAudit, failsAbove } from './audit-report.ts';
import type { CommandOf } from './commands.ts';
import { print, printAside, printJson, warn } from './output.ts';
import { rewardWorker } from './reward-worker.ts';
import { readScoreJob } from './score-job.ts';

/** `grpo audit`: what reward functions can be fooled by. Exit status 1 above `--fail-above`. */
export async function auditCommand(command: CommandOf<'audit'>): Promise<number> {
  const { sources, samples, samplesFile, timeoutSeconds, python, rewardEnv } = readScoreJob(command);
  const functions = await openRewards(sources, {
    workerPath: rewardWorker,
    timeoutSeconds,
    pythonPath: python ?? undefined,
    rewardEnv,
    onOutput: printAside,
    onWarning: warn,
  });
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
