import { commands, type Disposable, window } from 'vscode';
import type { Lab } from './lab.ts';

/** `all`: the rows of a view that are selected, where there are several. */
type Command = (lab: Lab, argument?: unknown, all?: unknown) => unknown;

/** Every command, by its id in package.json (and those that only links and quick fixes have: the walkthrough's, those of a check's report, an audit's, of findings). Its code is loaded when it is first called. */
const COMMANDS: Record<string, () => Promise<Command>> = {
  'grpo.startTraining': async () => (await import('./commands/start.ts')).startTraining,
  'grpo.trainWithTrl': async () => (await import('./commands/start.ts')).trainWithTrl,
  'grpo.queue': async () => (await import('./commands/start.ts')).queueTraining,
  'grpo.changeAndStart': async () => (await import('./commands/change-and-start.ts')).changeAndStart,
  'grpo.removeFromQueue': async () => (await import('./commands/start.ts')).removeFromQueue,
  'grpo.stop': async () => (await import('./commands/control.ts')).stop,
  'grpo.pause': async () => (await import('./commands/control.ts')).pause,
  'grpo.resume': async () => (await import('./commands/control.ts')).resume,
  'grpo.resumeFromCheckpoint': async () => (await import('./commands/resume-from-checkpoint.ts')).resumeFromCheckpoint,
  'grpo.openDashboard': async () => (await import('./commands/open-run.ts')).openDashboard,
  'grpo.openRunFolder': async () => (await import('./commands/open-run-folder.ts')).openRunFolder,
  'grpo.openCheckpoint': async () => (await import('./commands/open-run.ts')).openCheckpoint,
  'grpo.compareRuns': async () => (await import('./commands/compare-runs.ts')).compareRuns,
  'grpo.editAndRunAgain': async () => (await import('./commands/run-again.ts')).editAndRunAgain,
  'grpo.runAgain': async () => (await import('./commands/run-again.ts')).runAgain,
  'grpo.newRunFromCheckpoint': async () => (await import('./commands/new-run-from-checkpoint.ts')).newRunFromCheckpoint,
  'grpo.sortRuns': async () => (await import('./commands/sort-runs.ts')).sortRuns,
  'grpo.renameRun': async () => (await import('./commands/describe-run.ts')).renameRun,
  'grpo.editNote': async () => (await import('./commands/describe-run.ts')).editNote,
  'grpo.editTags': async () => (await import('./commands/describe-run.ts')).editTags,
  'grpo.pinRun': async () => (await import('./commands/describe-run.ts')).pinRun,
  'grpo.unpinRun': async () => (await import('./commands/describe-run.ts')).unpinRun,
  'grpo.rescoreRun': async () => (await import('./commands/open-run.ts')).rescoreRun,
  'grpo.openCheckpointFolder': async () => (await import('./commands/open-run.ts')).openCheckpointFolder,
  'grpo.exportCheckpoint': async () => (await import('./commands/export-checkpoint.ts')).exportCheckpoint,
  'grpo.exportTrl': async () => (await import('./commands/export-trl.ts')).exportTrl,
  'grpo.showLog': async () => (await import('./commands/open-run.ts')).showLog,
  'grpo.exportRun': async () => (await import('./commands/export-run.ts')).exportRun,
  'grpo.deleteRun': async () => (await import('./commands/delete-run.ts')).deleteRun,
  'grpo.newReward': async () => (await import('./new-reward/new-reward.ts')).newReward,
  'grpo.generateSamples': async () => (await import('./commands/generate-samples.ts')).generateSamples,
  'grpo.checkRun': async () => (await import('./commands/check-run.ts')).checkRun,
  'grpo.auditRewards': async () => (await import('./commands/audit-rewards.ts')).auditRewards,
  'grpo.addProbeAsSample': async () => (await import('./commands/audit-rewards.ts')).addProbeAsSample,
  'grpo.runExperiment': async () => (await import('./commands/run-experiment.ts')).runExperiment,
  'grpo.createConfig': async () => (await import('./new-reward/create-config.ts')).createConfig,
  'grpo.importDataset': async () => (await import('./import-dataset/import-dataset.ts')).importDataset,
  'grpo.getModel': async () => (await import('./get-model/get-model.ts')).getModel,
  'grpo.setUpTensorFlow': async () => (await import('./commands/set-up-tensorflow.ts')).setUpTensorFlow,
  'grpo.setUpTrl': async () => (await import('./commands/set-up-trl.ts')).setUpTrl,
  'grpo.openSample': async () => (await import('./commands/open-sample.ts')).openSample,
  'grpo.openFirstReward': async () => (await import('./commands/open-first-reward.ts')).openFirstReward,
  'grpo.openPlace': async () => (await import('./commands/check-panel.ts')).openPlace,
  'grpo.applyRemedy': async () => (await import('./commands/check-panel.ts')).applyRemedy,
  'grpo.runPreview': async () => (await import('./commands/preview.ts')).runPreview,
  'grpo.debugSample': async () => (await import('./commands/preview.ts')).debugSample,
  'grpo.openSamples': async () => (await import('./commands/preview.ts')).openSamples,
  'grpo.openAsList': async () => (await import('./commands/samples-views.ts')).openAsList,
  'grpo.openAsListBeside': async () => (await import('./commands/samples-views.ts')).openAsListBeside,
  'grpo.openAsText': async () => (await import('./commands/samples-views.ts')).openAsText,
  'grpo.openPreview': async () => (await import('./commands/preview.ts')).openPreview,
  'grpo.selectPreviewConfig': async () => (await import('./commands/preview.ts')).selectPreviewConfig,
  'grpo.addRewardToConfig': async () => (await import('./commands/add-reward-to-config.ts')).addRewardToConfig,
  'grpo.setJudgeKey': async () => (await import('./commands/judge-keys.ts')).setJudgeKey,
  'grpo.removeJudgeKey': async () => (await import('./commands/judge-keys.ts')).removeJudgeKey,
  'grpo.showDevices': async () => (await import('./commands/show-devices.ts')).showDevices,
  'grpo.showDebugInformation': async () => (await import('./commands/debug-information.ts')).showDebugInformation,
};

export function registerCommands(lab: Lab): Disposable[] {
  return Object.entries(COMMANDS).map(([id, load]) =>
    commands.registerCommand(id, async (argument?: unknown, all?: unknown) => {
      try {
        return await (await load())(lab, argument, all);
      } catch (error) {
        // What went wrong is a sentence; VS Code's own dialog would put "resulted in an error" above it.
        lab.log.error(error instanceof Error ? error : String(error));
        void window.showErrorMessage(error instanceof Error ? error.message : String(error));
        return undefined;
      }
    }),
  );
}
