import { audit } from '../audit/audit.ts';
import type { RewardSet } from '../rewards/open-rewards.ts';
import { describeAudit, failsAbove } from './audit-report.ts';
import { AUDIT_LIMIT_SECONDS, type CommandOf } from './commands.ts';
import { print, printJson } from './output.ts';
import { openJobRewards, readScoreJob, type ScoreJob } from './score-job.ts';
import { StatusLine } from './status-line.ts';

/** `grpo audit`: what reward functions can be fooled by. Exit status 1 above `--fail-above`. */
export async function auditCommand(command: CommandOf<'audit'>): Promise<number> {
  const job = readScoreJob(command);
  const functions = await openJobRewards(job);
  try {
    const { report, failed } = await auditJob(job, functions, command);
    if (command.json) printJson(report);
    else print(describeAudit(report, job.samplesFile));
    return failed ? 1 : 0;
  } finally {
    await functions.close();
  }
}

const PROGRESS_INTERVAL_MS = 100;

/** Audits loaded rewards, with its progress on the status line. */
export async function auditJob(
  { samples }: Pick<ScoreJob, 'samples'>,
  functions: RewardSet,
  { failAbove, timeLimit = AUDIT_LIMIT_SECONDS }: Pick<CommandOf<'audit'>, 'failAbove' | 'timeLimit'>,
) {
  const status = new StatusLine(process.stderr);
  let shown = Number.NEGATIVE_INFINITY;
  const onProgress = (done: number, of: number) => {
    if (performance.now() - shown < PROGRESS_INTERVAL_MS) return;
    shown = performance.now();
    status.show(`audit: ${done} of ${of} scores`);
  };
  try {
    const report = await audit(samples, functions, { limitSeconds: timeLimit, onProgress });
    return { report, failed: failAbove !== undefined && failsAbove(report, failAbove) };
  } finally {
    status.clear();
  }
}
