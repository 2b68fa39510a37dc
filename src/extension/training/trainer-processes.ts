import { join } from 'node:path';
import { type ExtensionContext, workspace } from 'vscode';
import { trainerEnvironment } from '../../processes/freed-memory.ts';
import { childEnvironment } from '../workspace/child-environment.ts';
import type { Interpreters } from '../workspace/interpreter.ts';
import type { JudgeKeys } from '../workspace/judge-keys.ts';
import { trainerOptions } from '../workspace/request.ts';
import type { Trainers } from './trainer.ts';

/** Trainers as processes; their code is loaded when the first one is needed. */
export const trainerProcesses = (
  context: ExtensionContext,
  interpreters: Interpreters,
  judgeKeys: JudgeKeys,
): Trainers => ({
  mayRun: () => workspace.isTrusted,
  async prepare(request) {
    const { TrainerProcess } = await import('./trainer-process.ts');
    const script = join(context.extensionPath, 'dist', 'trainer.js');
    const checkFirst = workspace.getConfiguration('grpo').get('checkBeforeTraining', true);
    const options = { ...(await trainerOptions(request, interpreters)), checkFirst };
    const { configText, editorPython, trainsWithTrl } = await import('../workspace/trl-request.ts');
    const wantsTrl = trainsWithTrl(await configText(request.configFile), request.set);
    await judgeKeys.load();
    const env = trainerEnvironment({
      ...childEnvironment(context),
      ...judgeKeys.environment,
      ...(wantsTrl && (await editorPython(request.configFile, interpreters))),
    });
    return () => new TrainerProcess(script, options, env);
  },
  async leave(trainer) {
    const { leaveTrainer } = await import('./leave-trainer.ts');
    await leaveTrainer(trainer);
  },
});
