import type { ExtensionContext, LogOutputChannel } from 'vscode';
import type { Problems } from './config/problems.ts';
import type { Dashboards } from './dashboard/panel.ts';
import type { RewardPreviews } from './preview/register.ts';
import type { RunList } from './runs/run-list.ts';
import type { Training } from './training/training.ts';
import type { Interpreters } from './workspace/interpreter.ts';

/** What commands work with. */
export interface Lab {
  context: ExtensionContext;
  log: LogOutputChannel;
  runs: RunList;
  training: Training;
  problems: Problems;
  dashboards: () => Promise<Dashboards>;
  previews: () => Promise<RewardPreviews>;
  interpreters: Interpreters;
  /** Milliseconds that it took to load and activate the extension. */
  activation: { load: number; activate: number };
}
