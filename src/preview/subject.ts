import { basename } from 'node:path';
import { BadInput } from '../protocol/errors.ts';
import type {
  PreviewFunction,
  PreviewOutcome,
  PreviewProblem,
  PreviewRequest,
  PreviewResult,
  PreviewRow,
} from '../protocol/preview.ts';
import type { WorkerFunction } from '../protocol/reward-worker.ts';
import { namesOf } from '../rewards/open-rewards.ts';
import { languageOf } from '../rewards/prepare-worker.ts';
import { findPython, type PythonInterpreter } from '../rewards/python.ts';
import { type EditedSamples, SamplesReader } from './edited-samples.ts';
import { judgeScores, type PreviewedColumn } from './judge-scores.ts';
import { PreviewFile } from './preview-file.ts';
import { promptRenderer } from './rendered-prompts.ts';
import { scoreGroups, summarize } from './sample-scores.ts';
import { unknownColumns } from './unknown-columns.ts';

/** Between two results while functions run. */
const RESULT_MILLISECONDS = 100;
/** A preview should tell soon, whatever a run may wait for. */
const MOST_TIMEOUT_SECONDS = 10;

export interface SubjectEvents {
  workerPath: string;
  onResult: (result: PreviewResult) => void;
  onOutput: (file: string, text: string) => void;
}

/** What is previewed together: the reward files of a run config, on one file of samples. */
export class Subject {
  readonly #name: string;
  readonly #events: SubjectEvents;
  readonly #files = new Map<string, PreviewFile>();
  readonly #samplesReader = new SamplesReader();
  readonly #render = promptRenderer();
  #request: PreviewRequest | undefined;
  #samples: EditedSamples = { groups: [], rows: [], problems: [] };
  #python: PythonInterpreter | undefined;
  #computed = 0;
  #nextResult: NodeJS.Timeout | undefined;
  /** What the last full result made of the scores: it stands until the next one does. */
  #judged: PreviewProblem[] = [];

  constructor(name: string, events: SubjectEvents) {
    this.#name = name;
    this.#events = events;
  }

  /** Answers a request, unless a newer one comes in between. */
  async preview(request: PreviewRequest): Promise<void> {
    const started = performance.now();
    this.#request = request;
    this.#computed = 0;
    this.#samples = this.#samplesReader.read(request.samples);
    const texts = new Map(request.texts.map(({ file, text }) => [file, text]));
    const wanted = new Set(request.rewards.map(({ file }) => file));
    for (const [name, file] of this.#files)
      if (!wanted.has(name)) {
        this.#files.delete(name);
        file.close();
      }
    const onTime = () => this.#send(request, false, started);
    clearInterval(this.#nextResult);
    this.#nextResult = setInterval(onTime, RESULT_MILLISECONDS);
    const { python, rewardTimeoutSeconds } = request.settings;
    try {
      const update = (file: string) =>
        this.#file(file).update({
          names: request.rewards.filter((reward) => reward.file === file).map((reward) => reward.function),
          texts,
          rows: this.#samples.rows,
          pythonPath: python ?? undefined,
          timeoutSeconds: Math.min(rewardTimeoutSeconds, MOST_TIMEOUT_SECONDS),
          reuse: request.reuse,
        });
      const found = [...wanted].some((file) => file.endsWith('.py')) ? findPython(python ?? undefined) : undefined;
      await Promise.all([...wanted].map(update));
      this.#python = await found?.catch(() => undefined);
    } finally {
      if (this.#request === request) clearInterval(this.#nextResult);
    }
    if (this.#request === request) this.#send(request, true, started);
  }

  async close(): Promise<void> {
    this.#request = undefined;
    clearInterval(this.#nextResult);
    await Promise.all([...this.#files.values()].map((file) => file.close()));
  }

  #file(file: string): PreviewFile {
    const known = this.#files.get(file);
    if (known) return known;
    const { workerPath, onOutput } = this.#events;
    const opened = new PreviewFile(file, {
      workerPath,
      onOutput: (text) => onOutput(file, text),
      onOutcome: () => {
        this.#computed++;
      },
    });
    this.#files.set(file, opened);
    return opened;
  }

  #send(request: PreviewRequest, done: boolean, started: number): void {
    const broken = [...this.#files.values()].flatMap(({ problem }) => problem ?? []);
    const unread = this.#samples.problems;
    const problems = [
      ...broken.map(({ kind, error }) => located(kind, error)),
      ...unread.map((error) => located('samples', error, request.samples.file)),
    ];
    // Samples that are not there are no edit that went wrong.
    const stale = broken.length > 0 || unread.some(({ location }) => location?.line !== undefined);
    const { functions, problems: misnamed } = this.#functions(request);
    const rows = this.#samples.rows;
    const columns = functions.map(({ name, weight, file, declared }): PreviewedColumn => {
      const outcomes = rows.map(({ key }) => file.outcome(name, key));
      return {
        name,
        weight,
        outcomes,
        file: declared.file ?? file.file,
        line: declared.line ?? 1,
        column: declared.column ?? 1,
      };
    });
    const scored = scoreGroups(this.#samples.groups, columns, {
      baseline: 'group',
      ...request.settings,
      // A config's functions are all there; of a file alone, all unless one is picked.
      checkTotals: this.#name.endsWith('.json') || request.rewards.every((reward) => reward.function === undefined),
    });
    if (done && !stale)
      this.#judged = [
        ...judgeScores(columns, scored, request.samples.file),
        ...functions.flatMap(({ file, declared }) =>
          unknownColumns(
            file.parameters.get(declared.name) ?? [],
            { ...declared, file: declared.file ?? file.file },
            languageOf(file.file),
            {
              dataset: request.dataset,
              samples: this.#samples.rows,
            },
          ),
        ),
      ];
    const render = this.#render(request.model, request.settings.chatTemplateKwargs ?? {});
    this.#events.onResult({
      type: 'result',
      id: request.id,
      subject: this.#name,
      done,
      stale,
      functions: functions.map(({ name, file, declared }, index): PreviewFunction => {
        const { weight, outcomes, line, column } = columns[index]!;
        return {
          ...summarize(columns[index]!),
          weight,
          file: file.file,
          language: languageOf(file.file),
          line,
          column,
          state: !done && file.running.has(declared.name) ? 'running' : 'done',
          samples: outcomes.filter((outcome) => outcome !== undefined).length,
          seconds: file.seconds(name),
        };
      }),
      rows: scored
        .flatMap((group, index) => group.rows.map((row) => ({ ...row, group: index })))
        .map(({ sample, group, outcomes, reward, advantage, mismatches }): PreviewRow => {
          const { line, completion } = sample;
          return {
            line,
            group,
            completion,
            outcomes: outcomes as Record<string, PreviewOutcome>,
            reward,
            advantage,
            mismatches,
          };
        })
        .sort((a, b) => a.line - b.line),
      groups: scored.map(({ rows: samples, mean, std, signal, why }) => {
        const { prompt } = samples[0]!.sample;
        return { prompt, rendered: render(prompt), size: samples.length, mean, std, signal, why };
      }),
      problems: [...problems, ...misnamed, ...this.#judged],
      computed: this.#computed,
      seconds: (performance.now() - started) / 1000,
      python: this.#python ?? null,
    });
  }

  /** The functions that the request means, as far as they are known, in its order. */
  #functions(request: PreviewRequest): { functions: PreviewedFunction[]; problems: PreviewProblem[] } {
    const functions: PreviewedFunction[] = [];
    const problems: PreviewProblem[] = [];
    for (const { file: path, function: wanted, weight } of request.rewards) {
      const file = this.#files.get(path);
      if (!file || (file.functions.length === 0 && file.problem)) continue;
      try {
        for (const name of namesOf({ file: path, name: wanted }, file.functions)) {
          const declared = file.functions.find((declared) => declared.name === name)!;
          const twin = functions.find((other) => other.name === name);
          if (twin) problems.push(duplicate(declared, path, twin.file.file));
          else functions.push({ name, weight, file, declared });
        }
      } catch (error) {
        if (!(error instanceof BadInput)) throw error;
        problems.push(located('load', error));
      }
    }
    return { functions, problems };
  }
}

interface PreviewedFunction {
  name: string;
  weight: number;
  file: PreviewFile;
  declared: WorkerFunction;
}

function located(code: PreviewProblem['code'], { sentence, location }: BadInput, otherwise = ''): PreviewProblem {
  const { file = otherwise, line = 1, column = 1 } = location ?? {};
  return { file, line, column, severity: 'error', message: sentence, code };
}

function duplicate({ name, line = 1, column = 1 }: WorkerFunction, file: string, first: string): PreviewProblem {
  const where = first === file ? 'twice' : `in ${basename(first)} too`;
  const message = `The reward function "${name}" is named ${where}, and their metrics would merge; rename or drop one.`;
  return { file, line, column, severity: 'error', message, code: 'duplicate-name' };
}
