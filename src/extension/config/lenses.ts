import {
  CodeLens,
  type CodeLensProvider,
  Disposable,
  type Event,
  EventEmitter,
  languages,
  Range,
  type TextDocument,
  workspace,
} from 'vscode';
import type { CurrentTraining } from '../workspace/active-training.ts';
import { EXPERIMENTS, RUN_CONFIGS } from '../workspace/find-files.ts';

/** What can be done with a run config or an experiment, above its first line. */
export class ConfigLenses implements CodeLensProvider, Disposable {
  readonly #training: CurrentTraining;
  readonly #changed = new EventEmitter<void>();
  readonly #subscription: Disposable;
  #shown = '';

  constructor(training: CurrentTraining) {
    this.#training = training;
    this.#subscription = Disposable.from(
      this.#changed,
      languages.registerCodeLensProvider({ pattern: RUN_CONFIGS, scheme: 'file' }, this),
      languages.registerCodeLensProvider({ pattern: EXPERIMENTS, scheme: 'file' }, this),
      workspace.onDidGrantWorkspaceTrust(() => this.#changed.fire()),
      // Only when the lenses would be others: they would flicker with every step.
      training.onDidChange(() => {
        const { active } = training;
        const shown = active ? `${active.request.configFile} ${active.stage} ${active.folder}` : '';
        if (shown !== this.#shown) this.#changed.fire();
        this.#shown = shown;
      }),
    );
  }

  get onDidChangeCodeLenses(): Event<void> {
    return this.#changed.event;
  }

  async provideCodeLenses(document: TextDocument): Promise<CodeLens[]> {
    const { uri } = document;
    const lens = (title: string, command: string, argument?: unknown) =>
      new CodeLens(new Range(0, 0, 0, 0), { title, command, arguments: argument === undefined ? [] : [argument] });
    if (!workspace.isTrusted)
      return [lens('$(shield) Training runs reward functions: trust this workspace first', 'workbench.trust.manage')];
    if (uri.path.endsWith('.experiment.json')) return [lens('$(run-all) Run Experiment', 'grpo.runExperiment', uri)];
    const { active } = this.#training;
    if (!active) {
      const { trainsWithTrl } = await import('../workspace/trl-request.ts');
      const other = trainsWithTrl(document.getText())
        ? []
        : [lens('$(server-process) Train with TRL', 'grpo.trainWithTrl', uri)];
      return [
        lens('$(play) Start Training', 'grpo.startTraining', uri),
        lens('$(checklist) Check Run', 'grpo.checkRun', uri),
        lens('$(beaker) Generate Samples', 'grpo.generateSamples', uri),
        ...other,
      ];
    }
    if (active.request.configFile !== uri.fsPath) return [lens('$(list-ordered) Queue', 'grpo.queue', uri)];
    const { folder, stage } = active;
    const lenses = [lens('$(debug-stop) Stop', 'grpo.stop', folder)];
    if (stage === 'running') lenses.push(lens('$(debug-pause) Pause', 'grpo.pause', folder));
    if (stage === 'paused') lenses.push(lens('$(debug-continue) Resume', 'grpo.resume', folder));
    if (folder !== undefined) lenses.push(lens('$(graph-line) Open Dashboard', 'grpo.openDashboard', folder));
    return [...lenses, lens('$(list-ordered) Queue Another', 'grpo.queue', uri)];
  }

  dispose(): void {
    this.#subscription.dispose();
  }
}
