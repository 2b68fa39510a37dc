/** Apart from what they are: the editor registers them when it starts, and needs no more for that. */
export const TOOL_NAMES = [
  'score_samples',
  'audit_rewards',
  'check_run',
  'start_training',
  'list_runs',
  'run_status',
  'diagnose_run',
  'read_group',
  'explain_group',
  'stop_training',
] as const;
export type ToolName = (typeof TOOL_NAMES)[number];

/** Its name in VS Code, where other extensions have tools too. */
export const editorName = (name: ToolName): string => `grpo_${name}`;
