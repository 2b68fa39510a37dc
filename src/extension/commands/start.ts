import { window, workspace } from 'vscode';
import { configName } from '../../text/files-by-name.ts';
import type { Lab } from '../lab.ts';
import { nameOfTraining } from '../workspace/active-training.ts';
import { pickConfig } from '../workspace/pick-config.ts';
import { type TrainingRequest, trainingRequest } from '../workspace/request.ts';
import type { RunNode } from '../workspace/run-node.ts';
import { mayRunCode } from '../workspace/trust.ts';

/** `given`: a config's Uri or path. */
export async function startTraining(lab: Lab, given?: unknown): Promise<void> {
  if (!mayRunCode()) return;
  const configFile = await pickConfig(given, 'GRPO: Start Training');
  if (configFile !== undefined) await startOrQueue(lab, trainingRequest(configFile));
}

/** The same with TRL, whatever the config says: for one run, the file stays as it is. */
export async function trainWithTrl(lab: Lab, given?: unknown): Promise<void> {
  if (!mayRunCode()) return;
  const configFile = await pickConfig(given, 'GRPO: Train with TRL');
  if (configFile === undefined) return;
  const { configText, trlOverrides } = await import('../workspace/trl-request.ts');
  // What is on the screen is what is trained.
  await workspace.saveAll(false);
  const set = trlOverrides(await configText(configFile));
  await startOrQueue(lab, { ...trainingRequest(configFile), ...(set.length > 0 && { set }) });
}

/** One run at a time: while another is being trained, offers to wait for it. */
export async function startOrQueue({ training, runs, problems }: Lab, request: TrainingRequest): Promise<void> {
  const { active } = training;
  if (active) {
    const text = `${nameOfTraining(active, runs)} is training. Start ${request.name} when it ends?`;
    if ((await window.showInformationMessage(text, 'Queue')) !== 'Queue') return;
  }
  // What is on the screen is what is trained.
  await workspace.saveAll(false);
  problems.clear(request.configFile);
  training.add(request);
}

export async function queueTraining({ training, runs }: Lab, given?: unknown): Promise<void> {
  if (!mayRunCode()) return;
  const configFile = await pickConfig(given, 'GRPO: Queue Another Run');
  if (configFile === undefined) return;
  await workspace.saveAll(false);
  const { active } = training;
  training.add(trainingRequest(configFile));
  if (active)
    window.setStatusBarMessage(`${configName(configFile)} starts after ${nameOfTraining(active, runs)}`, 5000);
}

export function removeFromQueue({ training }: Lab, given?: unknown): void {
  const node = given as RunNode | undefined;
  if (node?.kind === 'queued') training.remove(node.request);
}
