import { Disposable, StatusBarAlignment, type StatusBarItem, window } from 'vscode';
import { rewardText } from '../../protocol/held-out.ts';
import { urgent } from '../../protocol/keyed-findings.ts';
import { phaseText } from '../../protocol/phase-text.ts';
import { formatDuration } from '../../text/duration.ts';
import {
  type ActiveTraining,
  type CurrentTraining,
  type NamedRuns,
  nameOfTraining,
  type Stage,
} from '../workspace/active-training.ts';

const ICONS: Record<Stage, string> = {
  starting: '$(loading~spin)',
  running: '$(pulse)',
  paused: '$(debug-pause)',
  stopping: '$(loading~spin)',
  terminating: '$(loading~spin)',
};

/** How the training goes, while there is one. */
export class TrainingStatus implements Disposable {
  readonly #item: StatusBarItem;
  readonly #subscription: Disposable;

  constructor(training: CurrentTraining, runs: NamedRuns) {
    this.#item = window.createStatusBarItem('grpo.training', StatusBarAlignment.Left, 10);
    this.#item.name = 'GRPO Training';
    this.#subscription = Disposable.from(
      this.#item,
      training.onDidChange(() => this.#show(training, runs)),
    );
  }

  #show({ active, queue }: CurrentTraining, runs: NamedRuns): void {
    if (!active) {
      this.#item.hide();
      return;
    }
    const text = describeTraining(active, nameOfTraining(active, runs));
    const found = urgent(active.findings).map(({ title }) => title);
    const icon = found.length > 0 && active.stage === 'running' ? '$(warning)' : ICONS[active.stage];
    this.#item.text = `${icon} ${text}`;
    this.#item.accessibilityInformation = { label: [`GRPO training: ${text}`, ...found].join(', ') };
    const waiting = queue.map(({ name }) => name).join(', ');
    const lines = [...found, 'GRPO: Open Dashboard', ...(waiting === '' ? [] : [`Queued: ${waiting}`])];
    this.#item.tooltip = lines.join('\n');
    this.#item.command =
      active.folder === undefined
        ? 'grpo.showLog'
        : { title: 'Open Dashboard', command: 'grpo.openDashboard', arguments: [active.folder] };
    this.#item.show();
  }

  dispose(): void {
    this.#subscription.dispose();
  }
}

/** `sort 12/120 · reward 3.41 · 24 s left` */
function describeTraining({ stage, progress }: ActiveTraining, name: string): string {
  const { step, maxSteps, reward, secondsLeft, phase, share } = progress;
  if (stage === 'starting') return `${name}: ${phaseText(phase, share)}`;
  const parts = [`${name} ${step}/${maxSteps}`];
  if (reward !== null) parts.push(`reward ${rewardText(reward)}`);
  if (stage === 'running')
    parts.push(secondsLeft === undefined ? phaseText(phase, share) : `${formatDuration(secondsLeft)} left`);
  else if (stage === 'paused') parts.push('paused');
  else parts.push(stage === 'stopping' ? 'finishing the step' : 'ending');
  return parts.join(' · ');
}
