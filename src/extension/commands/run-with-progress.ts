import { join } from 'node:path';
import { type ExtensionContext, type Progress, ProgressLocation, window } from 'vscode';
import { trainerEnvironment } from '../../processes/freed-memory.ts';
import type { CommandProgress, CountedProgress } from '../../protocol/problem.ts';
import { childEnvironment } from '../workspace/child-environment.ts';
import { type CommandExit, GrpoCommand } from '../workspace/grpo-command.ts';
import type { JudgeKeys } from '../workspace/judge-keys.ts';

type Report = Progress<{ message?: string; increment?: number }>;

interface CommandToRun {
  title: string;
  args: string[];
  cwd: string;
  /** Of commands that run reward functions: keys that these may see. */
  judgeKeys?: JudgeKeys;
  /** What it is doing until its first line. */
  begin?: string;
  onLine: (line: string, progress: Report) => void;
  /** Of commands that tell how many of how many are done; what others say they are doing is shown as it is. */
  onProgress?: (done: CountedProgress, progress: Report) => void;
  /** It ends in its own time when it is canceled, as training does: what it says meanwhile. Others are killed. */
  stopping?: string;
}

/** Runs a `grpo` command that loads an engine, with a notification that shows its progress and can cancel it. */
export async function runWithProgress(
  context: ExtensionContext,
  { title, args, cwd, judgeKeys, begin, onLine, onProgress, stopping }: CommandToRun,
): Promise<{ exit: CommandExit; cancelled: boolean }> {
  return window.withProgress(
    { location: ProgressLocation.Notification, title, cancellable: true },
    async (progress, token) => {
      if (begin !== undefined) progress.report({ message: begin });
      const script = join(context.extensionPath, 'dist', 'grpo.js');
      await judgeKeys?.load();
      const loads = { ...childEnvironment(context), ...judgeKeys?.environment };
      // A check takes steps of a training, and tells what memory they take.
      const env = args[0] === 'check' ? trainerEnvironment(loads) : loads;
      const told = (done: CommandProgress) => {
        if (stopping !== undefined && token.isCancellationRequested) return;
        if ('message' in done) progress.report({ message: done.message });
        else onProgress?.(done, progress);
      };
      const command = new GrpoCommand(script, args, cwd, (line) => onLine(line, progress), { env, onProgress: told });
      const end = () => {
        if (stopping === undefined) return command.dispose();
        progress.report({ message: stopping });
        command.stop();
      };
      const cancel = token.onCancellationRequested(end);
      const leaving = { dispose: end };
      context.subscriptions.push(leaving);
      try {
        return { exit: await command.exited, cancelled: token.isCancellationRequested };
      } finally {
        cancel.dispose();
        context.subscriptions.splice(context.subscriptions.indexOf(leaving), 1);
      }
    },
  );
}
