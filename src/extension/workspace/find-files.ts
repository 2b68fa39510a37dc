import { type Uri, workspace } from 'vscode';
import { EXCLUDED } from './excluded.ts';

export const RUN_CONFIGS = '**/*.grpo.json';
export const EXPERIMENTS = '**/*.experiment.json';

/** The run configs of the workspace, `most` at most. */
export const findConfigs = (most?: number): Thenable<Uri[]> => workspace.findFiles(RUN_CONFIGS, EXCLUDED, most);

export const findExperiments = (): Thenable<Uri[]> => workspace.findFiles(EXPERIMENTS, EXCLUDED);
