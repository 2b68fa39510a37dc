import { commands, type Disposable, Uri, window } from 'vscode';
import type { ConfigEdit } from '../../protocol/remedy.ts';
import type { RunFinding } from '../../protocol/run-finding.ts';
import { type ActiveTraining, type NamedRuns, nameOfTraining } from '../workspace/active-training.ts';
import { placeToOpen } from '../workspace/problem-place.ts';
import type { Problems } from '../workspace/problems.ts';
import { differenceQuestion } from './difference-question.ts';
import type { EndedTraining, OpenQuestion } from './news.ts';
import { CHANGE_AND_RESTART, describeOutcome, type Outcome, type OutcomeAction, withQuestion } from './outcome.ts';
import type { RunFindings } from './run-findings.ts';
import type { Training } from './training.ts';

const show = {
  information: window.showInformationMessage,
  warning: window.showWarningMessage,
  error: window.showErrorMessage,
} as const;

/** One notification per outcome, one when a run pauses on its own or shows an error, and a question when one is no longer as it was recorded. */
export function notifyOutcomes(
  training: Training,
  findings: RunFindings,
  problems: Problems,
  runs: NamedRuns,
): Disposable[] {
  return [
    findings.onDidFind(({ run, finding }) => void notifyFinding(run, finding, runs)),
    training.onDidNotice(({ configFile, findings }) => {
      // What is good to know is in the log.
      const urgent = findings.filter(({ severity }) => severity !== 'information');
      void problems.reportFindings(urgent, configFile);
    }),
    training.onDidEnd((ended) => void notifyEnd(ended, problems, runs)),
    training.onDidPause((active) => void notifyPause(active, problems, runs)),
    training.onDidAsk((question) => void ask(question, training, runs)),
  ];
}

async function notifyEnd(ended: EndedTraining, problems: Problems, runs: NamedRuns): Promise<void> {
  const outcome = describeOutcome(ended, nameOfTraining(ended.training, runs));
  const { configFile } = ended.training.request;
  if (outcome.problem) void problems.report(outcome.problem, configFile);
  const { restart } = outcome;
  const labels = [...(restart ? [CHANGE_AND_RESTART] : []), ...outcome.actions];
  const action = await show[outcome.severity](outcome.text, ...labels);
  if (restart && action === CHANGE_AND_RESTART) await changeAndStart(ended.training, restart);
  else if (action) await act(action as OutcomeAction, ended, outcome, problems);
}

function act(action: OutcomeAction, { training }: EndedTraining, outcome: Outcome, problems: Problems): unknown {
  const { folder, request } = training;
  switch (action) {
    case 'Get Model':
      return commands.executeCommand('grpo.getModel', Uri.file(request.configFile));
    case 'Open':
      return problems.open(outcome.problem?.place);
    case 'Open Dashboard':
      return commands.executeCommand('grpo.openDashboard', folder);
    case 'Resume':
      return commands.executeCommand('grpo.resumeFromCheckpoint', folder);
    case 'Set Up TRL':
      return commands.executeCommand('grpo.setUpTrl', request);
    case 'Show Log':
      return commands.executeCommand('grpo.showLog', folder);
    default:
      return action satisfies never;
  }
}

async function notifyPause(active: ActiveTraining, problems: Problems, runs: NamedRuns): Promise<void> {
  const { folder, pause } = active;
  const name = nameOfTraining(active, runs);
  if (pause?.findings) return askToTrain(active, name);
  const place = pause?.problem && placeToOpen(pause.problem);
  const open = place ? (['Open'] as const) : [];
  const text = `${name} paused: ${pause?.reason}`;
  const action = await window.showWarningMessage(text, ...open, 'Resume', 'Stop');
  if (action === 'Open') await problems.open(place);
  if (action === 'Resume') await commands.executeCommand('grpo.resume', folder);
  if (action === 'Stop') await commands.executeCommand('grpo.stop', folder);
}

async function notifyFinding(run: ActiveTraining, { evidence }: RunFinding, runs: NamedRuns): Promise<void> {
  const action = await window.showErrorMessage(`${nameOfTraining(run, runs)}: ${evidence}`, 'Show');
  if (action) await commands.executeCommand('grpo.openDashboard', run.folder, { view: 'overview' });
}

async function ask(question: OpenQuestion, training: Training, runs: NamedRuns): Promise<void> {
  const name = nameOfTraining({ folder: undefined, request: question.request }, runs);
  const { text, detail, answers } = differenceQuestion(question.differences, name);
  const labels = answers.map(({ label }) => label);
  const chosen = await window.showWarningMessage(text, { modal: true, detail }, ...labels);
  const answer = answers.find(({ label }) => label === chosen);
  if (answer?.choice === 'new-run')
    await commands.executeCommand('grpo.newRunFromCheckpoint', { folder: question.differences.run, start: true });
  else if (answer) training.add({ ...question.request, differences: answer.choice });
}

/** Asked before the first update of a run whose first step teaches nothing, and where its config says to stop (`stopOn`). */
async function askToTrain(active: ActiveTraining, name: string): Promise<void> {
  const { folder, pause } = active;
  const remedy = pause?.findings?.[0]?.remedy;
  const edit = remedy?.action === 'set' ? remedy : undefined;
  const text = withQuestion(`${name}: ${pause?.reason}`, edit);
  const action = await window.showWarningMessage(text, ...(edit ? [CHANGE_AND_RESTART] : []), 'Train Anyway', 'Stop');
  if (action === 'Train Anyway') await commands.executeCommand('grpo.resume', folder);
  else if (action === 'Stop') await commands.executeCommand('grpo.stop', folder);
  else if (action === CHANGE_AND_RESTART && edit) await changeAndStart(active, edit);
}

/** The run itself stays, with its completions. */
const changeAndStart = ({ folder }: ActiveTraining, remedy: ConfigEdit) =>
  commands.executeCommand('grpo.changeAndStart', { folder, remedy });
