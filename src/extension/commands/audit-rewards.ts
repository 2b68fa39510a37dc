import { basename, dirname } from 'node:path';
import { commands, Uri, window, workspace } from 'vscode';
import { type AuditReport, auditReport, auditWords } from '../../protocol/audit-report.ts';
import { badInputText } from '../../protocol/errors.ts';
import type { Lab } from '../lab.ts';
import { addSamplesTo, showSample } from '../workspace/add-samples.ts';
import type { ProbeSample } from '../workspace/probe-sample.ts';
import { scorePythonArgs } from '../workspace/request.ts';
import { mayRunCode } from '../workspace/trust.ts';
import { subjectFor } from './preview.ts';
import { runWithProgress } from './run-with-progress.ts';

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
  const report = await auditOf(lab, audited, subject.samples);
  if (!report) return;
  for (const file of new Set(subject.rewards.map(({ file }) => file)))
    parts.audits.show(await workspace.openTextDocument(Uri.file(file)), report, subject.samples);
  const words = report.functions.map((each) => `${each.name}: ${auditWords(each)}`);
  const message = `${basename(audited)}: ${words.join('; ')}.`;
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

async function auditOf(lab: Lab, file: string, samples: string): Promise<AuditReport | undefined> {
  const python = await scorePythonArgs(file, lab.interpreters);
  let report: AuditReport | undefined;
  const { exit, cancelled } = await runWithProgress(lab.context, {
    title: `Auditing ${basename(file)}`,
    args: ['audit', file, '--samples', samples, ...python],
    cwd: dirname(file),
    onLine(text) {
      report = auditReport.parse(JSON.parse(text));
    },
  });
  if (cancelled || report) return report;
  const { problem, lastWords } = exit;
  lab.log.error(lastWords);
  const why = problem ? badInputText(problem) : (lastWords.split('\n').at(-1) ?? '');
  void window.showErrorMessage(`${basename(file)} could not be audited: ${why}`);
  return undefined;
}
