import { type Uri, workspace } from 'vscode';

export const RUN_CONFIGS = '**/*.grpo.json';
/** Packages of others, and what runs have copied. */
export const EXCLUDED = '**/{node_modules,.grpo,.git,.venv}/**';

/** The run configs of the workspace, `most` at most. */
export const findConfigs = (most?: number): Thenable<Uri[]> => workspace.findFiles(RUN_CONFIGS, EXCLUDED, most);
