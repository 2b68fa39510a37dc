import type { PreviewProblem, PreviewRequest, PreviewResult } from '../protocol/preview.ts';
import { findPython, type PythonInterpreter } from '../rewards/python.ts';
import { type DatasetFacts, DatasetReader } from './dataset-facts.ts';
import { type EditedSamples, SamplesReader } from './edited-samples.ts';
import { describe, judge, takePicture } from './picture.ts';
import { PreviewFile } from './preview-file.ts';
import { promptRenderer } from './rendered-prompts.ts';
import { SpareWorkers } from './spare-workers.ts';

/** Between two results while functions run. */
const RESULT_MILLISECONDS = 100;
/** A preview should answer soon, however long a run may wait. */
const MOST_TIMEOUT_SECONDS = 10;

export interface SubjectEvents {
  workerPath: string;
  onResult: (result: PreviewResult) => void;
  onOutput: (file: string, text: string) => void;
}

/** What is previewed together: the reward files of a run config, on one file of samples. */
export class Subject {
  readonly #events: SubjectEvents;
  readonly #spares = new SpareWorkers();
  readonly #files = new Map<string, PreviewFile>();
  readonly #samplesReader = new SamplesReader();
  readonly #render = promptRenderer();
  readonly #datasetReader = new DatasetReader();
  #dataset: DatasetFacts | undefined;
  #request: PreviewRequest | undefined;
  #samples: EditedSamples = { groups: [], rows: [], problems: [], refusals: [] };
  #python: PythonInterpreter | undefined;
  #computed = 0;
  /** The request that was answered to the end. */
  #answered: number | undefined;
  #nextResult: NodeJS.Timeout | undefined;
  /** What the last full result made of the scores: it stays until the next one. */
  #judged: PreviewProblem[] = [];

  constructor(events: SubjectEvents) {
    this.#events = events;
  }

  /** Answers a request, unless a newer one comes in between. */
  async preview(request: PreviewRequest): Promise<void> {
    const started = performance.now();
    this.#request = request;
    this.#computed = 0;
    const render = this.#render(request.model, request.settings.chatTemplateKwargs ?? {});
    this.#samples = this.#samplesReader.read(request.samples, render);
    const texts = new Map(request.texts.map(({ file, text }) => [file, text]));
    const wanted = new Set(request.rewards.map(({ file }) => file));
    for (const [name, file] of this.#files)
      if (!wanted.has(name)) {
        this.#files.delete(name);
        file.close();
      }
    clearInterval(this.#nextResult);
    let shown = '';
    this.#nextResult = setInterval(() => {
      const news = JSON.stringify([this.#computed, [...this.#files.values()].map(({ running }) => [...running])]);
      if (news !== shown) this.#send(request, false, started);
      shown = news;
    }, RESULT_MILLISECONDS);
    const { python, rewardTimeoutSeconds, rewardEnv = [], prompt = null, columns = null } = request.settings;
    const dataset = this.#datasetReader.read(request.dataset, { prompt, columns });
    try {
      const update = (file: string) =>
        this.#file(file).update({
          names: request.rewards.filter((reward) => reward.file === file).map((reward) => reward.function),
          texts,
          rows: this.#samples.rows,
          pythonPath: python ?? undefined,
          rewardEnv,
          timeoutSeconds: Math.min(rewardTimeoutSeconds, MOST_TIMEOUT_SECONDS),
          reuse: request.reuse,
        });
      await Promise.all([...wanted].map(update));
      // The file that needs it reports why there is none.
      if ([...wanted].some((file) => file.endsWith('.py')))
        this.#python = await findPython(python ?? undefined).catch(() => undefined);
      this.#dataset = await dataset;
    } finally {
      if (this.#request === request) clearInterval(this.#nextResult);
    }
    if (this.#request === request) this.#send(request, true, started);
  }

  async close(): Promise<void> {
    this.#request = undefined;
    clearInterval(this.#nextResult);
    // The spares first: they take no worker back then.
    await Promise.all([this.#spares, ...this.#files.values()].map((open) => open.close()));
  }

  #file(file: string): PreviewFile {
    const known = this.#files.get(file);
    if (known) return known;
    const { workerPath, onOutput } = this.#events;
    const opened = new PreviewFile(file, {
      workerPath,
      spares: this.#spares,
      onOutput: (text) => onOutput(file, text),
      onOutcome: () => {
        this.#computed++;
      },
      onWarning: () => {
        const request = this.#request;
        // It may come when all is done: what a function has left behind goes wrong later.
        if (request && this.#answered === request.id) this.#send(request, true, performance.now());
      },
    });
    this.#files.set(file, opened);
    return opened;
  }

  #send(request: PreviewRequest, done: boolean, started: number): void {
    const picture = takePicture(request, this.#files, this.#samples);
    const { problems, stale } = picture;
    if (done && !stale) this.#judged = judge(picture, this.#dataset);
    if (done) this.#answered = request.id;
    this.#events.onResult({
      type: 'result',
      id: request.id,
      subject: request.subject,
      done,
      stale,
      ...describe(picture),
      problems: [...problems, ...this.#judged],
      computed: this.#computed,
      seconds: (performance.now() - started) / 1000,
      python: this.#python ?? null,
    });
  }
}
