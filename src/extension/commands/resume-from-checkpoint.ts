import { window } from 'vscode';
import type { Lab } from '../lab.ts';
import type { Run } from '../runs/registry.ts';
import { trainingRequest } from '../training/request.ts';
import { pickRun } from './pick-run.ts';
import { startOrQueue } from './start.ts';
import { mayRunCode } from './trust.ts';

const canResume = ({ live, status }: Run): boolean =>
  !live && (status === 'stopped' || status === 'failed' || status === 'interrupted');

/** Goes on with a run that stopped, failed or was killed, from its newest checkpoint. */
export async function resumeFromCheckpoint(lab: Lab, given?: unknown): Promise<void> {
  if (!mayRunCode()) return;
  const run = await pickRun(lab, given, 'Resume from Checkpoint', canResume);
  if (!run) return;
  const { name, configFile } = run.info;
  if (canResume(run)) return startOrQueue(lab, trainingRequest(configFile, run.folder));
  const why = run.status === 'done' ? 'is done; raise maxSteps in a new run to train on' : 'is still running';
  void window.showInformationMessage(`${name} ${why}.`);
}
