import { PROTOCOL_VERSION, type TrainerEvent } from '../../protocol/events.ts';
import { type Finding, findingText } from '../../protocol/finding.ts';
import { heldOutOf } from '../../protocol/held-out.ts';
import { presetNotes } from '../../protocol/presets.ts';
import type { MetricsRow, RunChange, RunInfo } from '../../protocol/run-folder.ts';
import { scheduleOf } from '../../protocol/schedule.ts';
import { readMetrics } from '../../run-folder/metrics.ts';
import { resumeNotes } from '../../run-folder/resume-notes.ts';
import type { RunRecord } from '../../run-folder/run-changes.ts';
import type { RunFolder } from '../../run-folder/run-folder.ts';
import type { RunControl } from '../../trainer/control.ts';
import { Reports } from '../../trainer/reports.ts';
import type { RunWatch } from '../../trainer/run-watch.ts';
import { stopReason, stopWords } from '../../trainer/stop-words.ts';
import type { Outcome } from '../../trainer/train.ts';
import type { Failure, Heard } from './heard.ts';
import { nothingLearned } from './nothing-learned.ts';

/** What is known of a session before it trains. */
interface SessionFacts {
  isNew: boolean;
  resumedFrom: number;
  before: RunInfo;
  /** Of its rewards. */
  changes: readonly RunChange[];
  record: Pick<RunRecord, 'configFile' | 'config' | 'inputs'>;
  /** About what TRL does otherwise. */
  notes: readonly string[];
  findings: readonly Finding[];
}

/** Who looks for a reason to stop, and how. */
interface Stops {
  watch: RunWatch;
  control: Pick<RunControl, 'pause' | 'stop'>;
  /** Someone watches who can resume. */
  attended: boolean;
}

/** Our part of the record of a run that TRL trains: `run.json`, the log, reports to other programs, and the events of the session. */
export class Recording {
  /** The first one: others follow from it. */
  failure: Failure | undefined;
  outcome: 'done' | 'stopped' | undefined;
  readonly #folder: RunFolder;
  readonly #tell: (event: TrainerEvent) => void;
  readonly #facts: SessionFacts;
  readonly #reports: Reports;
  readonly #stops: Stops;
  /** What the run was asked to pause or to stop for. */
  #found: Finding | undefined;

  constructor(
    folder: RunFolder,
    kept: readonly MetricsRow[],
    tell: (event: TrainerEvent) => void,
    facts: SessionFacts,
    stops: Stops,
  ) {
    this.#folder = folder;
    this.#tell = tell;
    this.#facts = facts;
    this.#stops = stops;
    this.#reports = new Reports(folder, kept, (message) => tell({ type: 'log', level: 'warning', message }));
  }

  take(heard: Heard): void {
    switch (heard.type) {
      case 'start':
        this.#start(heard);
        break;
      case 'failure':
        this.failure ??= heard;
        break;
      case 'end':
        this.outcome = heard.outcome;
        break;
      case 'step':
        this.#folder.update({ step: heard.step });
        this.#reports.add(heard.metrics);
        this.#tell(heard);
        this.#look(heard);
        break;
      case 'state':
        this.#state(heard);
        break;
      case 'checkpoint':
      case 'eval':
      case 'log':
      case 'phase':
      case 'scored':
        this.#tell(heard);
        break;
      default:
        heard satisfies never;
    }
  }

  /** Says in the run folder and to the host what it came to. */
  end(outcome: 'done' | 'stopped'): Outcome {
    const folder = this.#folder;
    const rows = readMetrics(folder.path);
    const heldOut = heldOutOf(rows);
    // Of a pause, someone has decided.
    const ill =
      outcome === 'done'
        ? nothingLearned(rows, this.#facts.record.config.promptsPerStep)
        : this.#stops.attended
          ? undefined
          : this.#found;
    const result = { ...(ill && { findings: [ill] }), ...(heldOut && { heldOut }) };
    folder.update({ state: outcome, reason: stopReason({ outcome, ...result }), ...result });
    const { step } = folder.info;
    const checkpoint = folder.checkpoints().at(-1)?.path ?? null;
    this.#tell({ type: 'end', outcome, step, checkpoint, ...result });
    return { outcome, step, checkpoint, ...(ill && { findings: [ill] }) };
  }

  close(): Promise<void> {
    return this.#reports.close();
  }

  /** Pauses or stops the run after a step that shows what its config says to stop at; TRL is a step further by then. */
  #look({ step, metrics }: Extract<Heard, { type: 'step' }>): void {
    const { watch, control, attended } = this.#stops;
    const finding = watch.take(metrics);
    if (!finding) return;
    this.#found = { ...finding, evidence: stopWords(finding, step) };
    if (attended) control.pause();
    else control.stop();
  }

  #state(heard: Extract<Heard, { type: 'state' }>): void {
    const found = heard.state === 'paused' ? this.#found : undefined;
    if (heard.state === 'running') this.#found = undefined;
    const why = found ? { reason: found.evidence, findings: [found] } : {};
    const event = { ...heard, ...why };
    this.#folder.update({ state: event.state, reason: event.reason ?? null });
    this.#tell(event);
  }

  #start({ device, versions, maxSteps, resumedFrom }: Extract<Heard, { type: 'start' }>): void {
    const folder = this.#folder;
    const { before, changes, record, isNew, notes, findings } = this.#facts;
    const next = resumedFrom + 1;
    const run = { ...record, device, versions: { ...(isNew ? folder.info.versions : before.versions), ...versions } };
    const changed = isNew ? [] : [...folder.change(run, next), ...changes];
    if (isNew) folder.update(run);
    this.#tell({
      type: 'start',
      protocol: PROTOCOL_VERSION,
      run: folder.path,
      name: folder.info.name,
      ...{ device, maxSteps, resumedFrom },
      schedule: scheduleOf(record.config),
      ...(findings.length > 0 && { findings: [...findings] }),
    });
    const log = (level: 'info' | 'warning', message: string) => this.#tell({ type: 'log', level, message });
    const presets = resumedFrom === 0 ? presetNotes(record.config) : [];
    for (const message of [...presets, ...resumeNotes(before, changed, next)]) log('info', message);
    for (const message of notes) log('warning', message);
    for (const finding of findings) log(finding.severity === 'information' ? 'info' : 'warning', findingText(finding));
  }
}
