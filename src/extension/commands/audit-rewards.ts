import { basename, dirname } from 'node:path';
import { commands, Uri, window, workspace } from 'vscode';
import { reasonIn } from '../../processes/reason-in.ts';
import { type AuditReport, auditReport, auditWords, counts } from '../../protocol/audit-report.ts';
import { badInputText } from '../../protocol/errors.ts';
import type { Lab } from '../lab.ts';
import { addSamplesTo, showSample } from '../workspace/add-samples.ts';
import type { Subject } from '../workspace/links.ts';
import type { ProbeSample } from '../workspace/probe-sample.ts';
import { scorePythonArgs } from '../workspace/request.ts';
import { mayRunCode } from '../workspace/trust.ts';
import { subjectFor } from './preview.ts';
import { runWithProgress } from './run-with-progress.ts';

/** What is audited now: asking twice starts one. */
const running = new Set<string>();

/** Tries to earn the rewards of a file without the task, and shows what passes at its functions. `given`: as lenses give it, or a Uri. */
export async function auditRewards(lab: Lab, given?: unknown): Promise<void> {
  if (!mayRunCode('Auditing rewards')) return;
  const found = await subjectFor(lab, given);
  if (!found) return;
  const { subject, parts } = found;
  if (subject.samples === null) {
    const message = `${basename(subject.id)} has no samples yet, and an audit begins with them. They go into ${basename(subject.samplesPlace)}.`;
    const action = await window.showInformationMessage(message, 'Generate Samples');
    if (action) await commands.executeCommand('grpo.generateSamples', subject.config ?? found.target.file);
    return;
  }
  // What is on the screen is what is audited.
  await workspace.saveAll(false);
  // With the weights of the run config, where there is one.
  const audited = subject.config ?? found.target.file;
  if (running.has(audited)) return;
  running.add(audited);
  let report: AuditReport | undefined;
  try {
    report = await auditOf(lab, audited, ['--samples', subject.samples, ...(await asPreviewed(lab, audited, subject))]);
  } finally {
    running.delete(audited);
  }
  if (!report) return;
  for (const file of new Set(subject.rewards.map(({ file }) => file)))
    parts.audits.show(await workspace.openTextDocument(Uri.file(file)), report, subject.samples);
  const message = `${basename(audited)}: ${summaryOf(report)}`;
  void window.showInformationMessage(message, 'Show Problems').then((action) => {
    if (action) void commands.executeCommand('workbench.actions.view.problems');
  });
}

/** Keeps a completion that was tried as a sample, with the score that it should get. */
export async function addProbeAsSample(_lab: Lab, given?: unknown): Promise<void> {
  const { samples, line, completion, expect } = given as ProbeSample;
  const text = (await workspace.openTextDocument(Uri.file(samples))).lineAt(line - 1).text;
  const { prompt, completion: _, expect: __, generated: ___, ...columns } = JSON.parse(text);
  const added = await addSamplesTo(samples, [{ prompt, columns, completion, expect }]);
  await showSample(added.file, added.line);
}

/** Of the functions that count, those that are fooled or miss answers; and how much was found besides. */
function summaryOf(report: AuditReport): string {
  const judged = report.functions.filter((each) => counts(report, each));
  const bad = judged.filter(
    ({ tricks, forms, fooled, missed }) => tricks + forms === 0 || fooled.length + missed.length > 0,
  );
  const warnings = report.findings.filter(({ severity }) => severity === 'warning').length;
  const also = warnings > 0 ? ` ${warnings} ${warnings === 1 ? 'finding' : 'findings'} in the problems.` : '';
  const unknown =
    report.answers === 0
      ? ' No column of the samples looks like an expected answer, so no wrong answers were tried.'
      : '';
  const words = bad.map((each) => `${each.name}: ${auditWords(each)}`).join('; ');
  return `${bad.length === 0 ? `no trick passes, no form is missed (${report.probes} probes)` : words}.${also}${unknown}`;
}

/** The interpreter and the environment variables that previews of it use, too. */
async function asPreviewed({ interpreters }: Lab, file: string, { settings }: Subject): Promise<string[]> {
  const names = settings.rewardEnv ?? workspace.getConfiguration('grpo').get<string[]>('rewardEnv', []);
  return [...(await scorePythonArgs(file, interpreters)), ...names.flatMap((name) => ['--env', name])];
}

async function auditOf(lab: Lab, file: string, options: string[]): Promise<AuditReport | undefined> {
  let report: AuditReport | undefined;
  const { exit, cancelled } = await runWithProgress(lab.context, {
    title: `Auditing ${basename(file)}`,
    args: ['audit', file, ...options],
    begin: 'loading rewards',
    cwd: dirname(file),
    judgeKeys: lab.judgeKeys,
    onLine(text) {
      report = auditReport.parse(JSON.parse(text));
    },
  });
  if (cancelled || report) return report;
  const { problem, lastWords } = exit;
  lab.log.error(lastWords);
  const why = problem ? badInputText(problem) : reasonIn(lastWords);
  void window.showErrorMessage(`${basename(file)} could not be audited: ${why}`);
  return undefined;
}
