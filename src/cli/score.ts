import { mean, standardDeviation } from '../grpo/statistics.ts';
import { roundedNumbers } from '../preview/rounded-numbers.ts';
import {
  batchOf,
  type FunctionSummary,
  groupByPrompt,
  type ScoredGroup,
  type ScoredSample,
  scoreGroups,
  summarize,
} from '../preview/sample-scores.ts';
import { BadInput, formatLocation } from '../protocol/errors.ts';
import { auditJob } from './audit.ts';
import { describeAudit } from './audit-report.ts';
import type { CommandOf } from './commands.ts';
import { print, printJson } from './output.ts';
import { openJobRewards, readScoreJob } from './score-job.ts';
import {
  describeCheck,
  describeFaults,
  describeFunctions,
  describeGroup,
  describeGroups,
  describeTotals,
} from './score-report.ts';

/**
 * `grpo score`: what reward functions say of sample completions. Exit status 1 when an expectation of the samples is not met; with
 * `--check` also when a function failed, and only that is told; with `--audit` also when its rewards can be fooled more than `--fail-above`.
 */
export async function scoreCommand(command: CommandOf<'score'>): Promise<number> {
  const { check, audit: withAudit, json } = command;
  const job = readScoreJob(command);
  const { samples: rows, samplesFile, advantages, checkTotals } = job;
  const groups = groupByPrompt(rows);
  const samples = groups.flat();
  const functions = await openJobRewards(job);
  try {
    const checked = new Set(functions.functions.map(({ name }) => name));
    if (checkTotals) checked.add('total');
    const expectations = rows
      .flatMap(({ expect = {} }) => Object.keys(expect))
      .filter((name) => checked.has(name)).length;
    if (check && !withAudit && expectations === 0)
      throw new BadInput(
        `Nothing to check: no sample has an "expect" for ${[...checked].join(', ')}, such as "expect": { "${[...checked][0]}": 1 }.`,
        { file: samplesFile },
      );
    for (const { line, message } of roundedNumbers(
      rows,
      functions.functions.map(({ language }) => language),
    ))
      process.stderr.write(`${formatLocation({ file: samplesFile, line })}: ${message}\n`);
    const table = await functions.score(batchOf(samples));
    const scored = scoreGroups(groups, table.columns, { ...advantages, checkTotals });
    const summaries = table.columns.map((column) => ({ ...summarize(column), seconds: column.seconds }));
    const faults = describeFaults(scored, samplesFile);
    if (json) showJson(scored, summaries, table.totals);
    else if (check) print([...faults, describeCheck(expectations, faults.length)].join('\n'));
    else {
      for (const [index, group] of scored.entries()) print(describeGroup(group, index));
      print([describeFunctions(summaries), ...describeTotals(table.totals)].join('\n'));
      print(`\n${describeGroups(scored)}`);
    }
    const audited = withAudit ? await auditJob(job, functions, command) : undefined;
    if (audited && json) printJson({ type: 'audit', ...audited.report });
    else if (audited) print(`\n${describeAudit(audited.report, samplesFile)}`);
    if (check) return faults.length > 0 || audited?.failed ? 1 : 0;
    return scored.some(({ rows }) => rows.some(({ mismatches }) => mismatches.length > 0)) ? 1 : 0;
  } finally {
    await functions.close();
  }
}

/** One line per sample, in the order of the file, then the summary. */
function showJson(
  groups: ScoredGroup[],
  functions: (FunctionSummary & { seconds: number })[],
  totals: Record<string, number> = {},
): void {
  const rows = groups.flatMap((group, index) => group.rows.map((row) => rowJson(row, index)));
  for (const row of rows.sort((a, b) => a.line - b.line)) printJson(row);
  const rewards = groups.flatMap(({ rows }) => rows.map(({ reward }) => reward));
  printJson({
    type: 'summary',
    reward: mean(rewards),
    reward_std: standardDeviation(rewards),
    functions,
    ...(Object.keys(totals).length > 0 && { totals }),
    groups: groups.map(({ rows, mean: average, std, signal }) => ({
      prompt: rows[0]!.sample.prompt,
      size: rows.length,
      mean: average,
      std,
      signal,
    })),
    mismatches: groups.flatMap(({ rows }) => rows.flatMap(({ mismatches }) => mismatches)).length,
  });
}

function rowJson({ sample, outcomes, reward, advantage, mismatches }: ScoredSample, group: number) {
  const entries = Object.entries(outcomes);
  return {
    type: 'row',
    line: sample.line,
    group,
    prompt: sample.prompt,
    completion: sample.completion,
    rewards: Object.fromEntries(
      entries.map(([name, outcome]) => [name, outcome.kind === 'score' ? outcome.score : null]),
    ),
    reward,
    advantage,
    /** In full: reasons and extracted answers, and failures with their place. */
    outcomes,
    mismatches,
  };
}
