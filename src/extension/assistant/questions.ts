import { basename } from 'node:path';
import { inputOf } from '../../assistant/answer.ts';
import type { ToolName } from '../../assistant/names.ts';
import { configName } from '../../text/files-by-name.ts';

/** What a call is shown as while it runs; and what the user is asked before it. */
export interface Announcement {
  doing: string;
  question?: { title: string; message: string };
}

/** Calls that run the workspace's code, train or stop are asked about, as VS Code asks about its own tools that run something; reading is not. */
export function announce(name: ToolName, input: unknown): Announcement {
  switch (name) {
    case 'score_samples': {
      const { target } = inputOf(name, input);
      return {
        doing: `Scoring the samples of ${basename(target)}`,
        question: { title: 'Score samples?', message: `Runs the reward functions of ${code(target)} on its samples.` },
      };
    }
    case 'audit_rewards': {
      const { target } = inputOf(name, input);
      return {
        doing: `Auditing ${basename(target)}`,
        question: {
          title: 'Audit rewards?',
          message: `Runs the reward functions of ${code(target)} on completions that try to fool them.`,
        },
      };
    }
    case 'check_run': {
      const { config } = inputOf(name, input);
      return {
        doing: `Checking ${configName(config)}`,
        question: {
          title: 'Check run?',
          message: `Loads the model of ${code(config)} and runs its reward functions for a few steps, without training.`,
        },
      };
    }
    case 'start_training': {
      const { config, set } = inputOf(name, input);
      const overrides = set.length > 0 ? ` with ${set.map(code).join(', ')}` : '';
      return {
        doing: `Starting to train ${configName(config)}`,
        question: {
          title: 'Start training?',
          message: `Trains ${code(config)}${overrides} and runs its reward functions. It continues until it is done or stopped; the dashboard opens.`,
        },
      };
    }
    case 'stop_training': {
      const { run } = inputOf(name, input);
      return {
        doing: `Stopping ${basename(run)} after its step`,
        question: {
          title: 'Stop training?',
          message: `Stops ${code(run)} after its step, with a checkpoint from which it can be resumed.`,
        },
      };
    }
    case 'list_runs':
      return { doing: 'Listing runs' };
    case 'run_status':
      return { doing: `Reading the status of ${basename(inputOf(name, input).run)}` };
    case 'diagnose_run':
      return { doing: `Diagnosing ${basename(inputOf(name, input).run)}` };
    case 'read_group':
      return { doing: `Reading completions of ${basename(inputOf(name, input).run)}` };
    case 'explain_group':
      return { doing: `Explaining a group of ${basename(inputOf(name, input).run)}` };
    default:
      return name satisfies never;
  }
}

/** As Markdown's code, whatever is in it: what an assistant wrote must not look like part of the question. */
function code(text: string): string {
  const line = text.replace(/\s+/g, ' ');
  const longest = Math.max(0, ...[...line.matchAll(/`+/g)].map(([ticks]) => ticks.length));
  const fence = '`'.repeat(longest + 1);
  return longest === 0 ? `${fence}${line}${fence}` : `${fence} ${line} ${fence}`;
}
