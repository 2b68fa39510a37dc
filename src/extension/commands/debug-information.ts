import { join } from 'node:path';
import { type ExtensionContext, env, version, window, workspace } from 'vscode';
import { outputOf } from '../../processes/output-of.ts';
import type { Lab } from '../lab.ts';
import type { CurrentTraining } from '../workspace/active-training.ts';
import { childEnvironment, doctorFolder } from '../workspace/child-environment.ts';

/** Everything that a bug report needs, in a document that can be read before it is sent. */
export async function showDebugInformation(lab: Lab): Promise<void> {
  const { context, runs, training, activation, interpreters } = lab;
  await runs.scanned;
  const settings = workspace.getConfiguration('grpo');
  const folder = workspace.workspaceFolders?.[0]?.uri.fsPath ?? '';
  const python = await interpreters.find(folder);
  const lines = [
    '# GRPO Lab: debug information',
    '',
    `- extension ${context.extension.packageJSON.version} at ${context.extensionPath}`,
    `- ${env.appName} ${version} (${env.appHost}${env.remoteName ? `, remote ${env.remoteName}` : ''})`,
    `- Node ${process.versions.node}${process.versions.electron ? `, Electron ${process.versions.electron}` : ''}, ${process.platform} ${process.arch}`,
    `- activation ${activation.activate.toFixed(1)} ms, after ${activation.load.toFixed(1)} ms to load`,
    `- workspace ${workspace.isTrusted ? 'trusted' : 'in Restricted Mode'}, ${runs.runs.length} runs, ${training.queue.length} queued`,
    `- training ${await describeTrainer(training)}`,
    `- Python of configs without one: ${python.path ?? 'python3 or python'} (${python.source})`,
    `- grpo.pythonPath ${JSON.stringify(settings.get('pythonPath'))}, grpo.tensorflowPath ${JSON.stringify(settings.get('tensorflowPath'))}, grpo.preview.enabled ${settings.get('preview.enabled')}, grpo.resumeAfterReload ${settings.get('resumeAfterReload')}`,
    '',
    '## grpo doctor',
    '',
    '```',
    await doctor(context),
    '```',
    '',
  ];
  await window.showTextDocument(await workspace.openTextDocument({ language: 'markdown', content: lines.join('\n') }));
}

async function describeTrainer(training: CurrentTraining): Promise<string> {
  const { active } = training;
  if (!active) return 'nothing';
  const status = await training.status();
  const where = status
    ? `${status.state}, ${status.phase ?? 'waiting'} at step ${status.step} of ${status.maxSteps ?? '?'} for ${status.seconds.toFixed(1)} s, on ${status.device ?? 'no device yet'}, ${Math.round(status.residentBytes / 2 ** 20)} MiB`
    : 'no answer from the trainer';
  return `${active.request.name}, ${active.stage} (${where})`;
}

/** It runs an interpreter that the machine names, and of the workspace's nothing that is not trusted. */
async function doctor(context: ExtensionContext): Promise<string> {
  const script = join(context.extensionPath, 'dist', 'grpo.js');
  const options = { cwd: doctorFolder(context), env: childEnvironment(context), seconds: 60 };
  const { stdout, error } = await outputOf(process.execPath, [script, 'doctor'], options);
  return `${stdout}${error?.message ?? ''}`.trim();
}
