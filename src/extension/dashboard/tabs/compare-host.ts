import { REWARD_FILE } from '../../../files/open-file.ts';
import { readTextLater } from '../../../files/text.ts';
import type { DashboardMessage, HostMessage, RunSummary } from '../../../protocol/dashboard.ts';
import { datasetRows } from '../../../run-folder/dataset-rows.ts';
import { evaluatedSteps, readEvaluation } from '../../../run-folder/evaluations.ts';
import type { Run } from '../../../run-folder/read-run.ts';
import { ResultsReader } from '../../../run-folder/results-reader.ts';
import { readRunInfoLater } from '../../../run-folder/run-info.ts';
import { seedSets } from '../../../run-folder/seed-sets.ts';
import { defined } from '../../../text/defined.ts';
import { rewardCopy } from '../reward-diff.ts';
import type { TabContext, TabHost } from './tab-host.ts';

/** Tells the Compare tab of the workspace's runs, and what of them only their folders know. */
export class CompareHost implements TabHost {
  readonly #context: TabContext;
  readonly #results = new ResultsReader();
  readonly #listening: { dispose(): void };
  #ready = false;
  /** Someone has looked at the table of runs: from then on it is kept up to date. */
  #shown = false;
  /** `again`: runs have changed while they were read. */
  #reading: 'no' | 'yes' | 'again' = 'no';
  readonly #sent = new Map<HostMessage['type'], string>();

  constructor(context: TabContext) {
    this.#context = context;
    this.#listening = context.registry.onDidChangeRuns(() => this.#update());
  }

  answer(message: DashboardMessage): Promise<void> | undefined {
    switch (message.type) {
      case 'runResults':
        this.#shown = true;
        return this.#read();
      case 'runContents':
        return this.#knows(message.folder) ? this.#sendContents(message.folder) : undefined;
      case 'rewardCode':
        return this.#knows(message.folder) ? this.#sendCode(message.folder, message.name) : undefined;
      case 'runEvaluation':
        return this.#knows(message.folder) ? this.#sendEvaluation(message.folder, message.step) : undefined;
      default:
        return undefined;
    }
  }

  ready(): void {
    this.#ready = true;
    this.#sent.clear();
    this.#update();
  }

  dispose(): void {
    this.#listening.dispose();
  }

  /** The webview never names a path of its own. */
  #knows(folder: string): boolean {
    return folder === this.#context.folder || this.#context.registry.get(folder) !== undefined;
  }

  #update(): void {
    if (!this.#ready) return;
    this.#sendRuns();
    if (this.#shown) void this.#read();
  }

  /** One reading at a time. */
  async #read(): Promise<void> {
    if (this.#reading !== 'no') {
      this.#reading = 'again';
      return;
    }
    try {
      do {
        this.#reading = 'yes';
        if (await this.#results.read(this.#others)) this.#sendRuns();
        // Set by another call meanwhile.
      } while ((this.#reading as string) === 'again');
    } finally {
      this.#reading = 'no';
    }
  }

  /** Every other run that the workspace knows. */
  get #others(): readonly Run[] {
    return this.#context.registry.runs.filter(({ folder }) => folder !== this.#context.folder);
  }

  #sendRuns(): void {
    const runs = this.#others.map(({ folder, name, info }): RunSummary => {
      const { createdAt, state, step, seed } = info;
      return { folder, name, createdAt, state, step, seed, ...defined({ results: this.#results.get(folder) }) };
    });
    this.#send({ type: 'runs', runs });
    this.#send({ type: 'seedSets', sets: seedSets(this.#context.registry.runs) });
  }

  /** What was said before is not said again: the list of runs changes with every step. */
  #send(message: HostMessage): void {
    const text = JSON.stringify(message);
    if (this.#sent.get(message.type) === text) return;
    this.#sent.set(message.type, text);
    this.#context.post(message);
  }

  async #sendContents(folder: string): Promise<void> {
    const info = await readRunInfoLater(folder);
    if (!info) return;
    const { versions, inputs } = info;
    const rows = {
      dataset: await datasetRows(inputs?.dataset ?? null),
      evalDataset: await datasetRows(inputs?.evalDataset ?? null),
    };
    this.#context.post({ type: 'runContents', folder, versions, rows });
  }

  async #sendCode(folder: string, name: string): Promise<void> {
    const [own, other] = await Promise.all([this.#context.folder, folder].map((run) => codeOf(run, name)));
    this.#context.post({ type: 'rewardCode', folder, name, own: own!, other: other! });
  }

  async #sendEvaluation(folder: string, wanted: number | null): Promise<void> {
    const steps = await evaluatedSteps(folder);
    const step = wanted !== null && steps.includes(wanted) ? wanted : (steps.at(-1) ?? null);
    const evaluation = { type: 'runEvaluation', folder, steps, step } as const;
    try {
      const rows = step === null ? [] : await readEvaluation(folder, step);
      this.#context.post({ ...evaluation, rows, problem: null });
    } catch (error) {
      this.#context.post({ ...evaluation, rows: [], problem: String(error) });
    }
  }
}

/** Null where the run has no such file, or lost it. */
async function codeOf(run: string, name: string): Promise<string | null> {
  const copy = await rewardCopy(run, name);
  return copy === undefined ? null : readTextLater(copy, REWARD_FILE).catch(() => null);
}
