import type { ExtensionContext, LogOutputChannel } from 'vscode';
import type { Dashboards } from './dashboard/panel.ts';
import type { RewardPreviews } from './preview/register.ts';
import type { RunTree } from './runs/tree.ts';
import type { Training } from './training/training.ts';
import type { Interpreters } from './workspace/interpreter.ts';
import type { JudgeKeys } from './workspace/judge-keys.ts';
import type { Problems } from './workspace/problems.ts';
import type { RunList } from './workspace/run-list.ts';

export type { RewardPreviews };

/** What commands work with. */
export interface Lab {
  context: ExtensionContext;
  log: LogOutputChannel;
  runs: RunList;
  tree: RunTree;
  training: Training;
  problems: Problems;
  dashboards: () => Promise<Dashboards>;
  previews: () => Promise<RewardPreviews>;
  interpreters: Interpreters;
  judgeKeys: JudgeKeys;
  /** Milliseconds that it took to load and activate the extension. */
  activation: { load: number; activate: number };
}
