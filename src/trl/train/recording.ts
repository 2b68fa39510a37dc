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
import { Reports } from '../../trainer/reports.ts';
import type { Outcome } from '../../trainer/train.ts';
import type { Failure, Heard } from './heard.ts';

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

/** Our part of the record of a run that TRL trains: `run.json`, the log, reports to other programs, and the events of the session. */
export class Recording {
  /** The first one: others follow from it. */
  failure: Failure | undefined;
  outcome: 'done' | 'stopped' | undefined;
  readonly #folder: RunFolder;
  readonly #tell: (event: TrainerEvent) => void;
  readonly #facts: SessionFacts;
  readonly #reports: Reports;

  constructor(
    folder: RunFolder,
    kept: readonly MetricsRow[],
    tell: (event: TrainerEvent) => void,
    facts: SessionFacts,
  ) {
    this.#folder = folder;
    this.#tell = tell;
    this.#facts = facts;
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
        break;
      case 'state':
        this.#folder.update({ state: heard.state, reason: heard.reason ?? null });
        this.#tell(heard);
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
    const heldOut = heldOutOf(readMetrics(folder.path));
    folder.update({ state: outcome, reason: null, ...(heldOut && { heldOut }) });
    const { step } = folder.info;
    const checkpoint = folder.checkpoints().at(-1)?.path ?? null;
    this.#tell({ type: 'end', outcome, step, checkpoint, ...(heldOut && { heldOut }) });
    return { outcome, step, checkpoint };
  }

  close(): Promise<void> {
    return this.#reports.close();
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
