import { worthALook } from '../doctor/diagnose.ts';
import { diagnoseFolder } from '../doctor/read-history.ts';
import { historyOf } from '../doctor/run-history.ts';
import type { ExportedRun } from '../export/exported-run.ts';
import { writeOutput } from '../export/output-file.ts';
import { writePieces } from '../export/text-writer.ts';
import { BadInput } from '../protocol/errors.ts';
import { undismissed } from '../protocol/keyed-findings.ts';
import type { MetricColumns } from '../protocol/metric-columns.ts';
import { ownOf } from '../protocol/row-groups.ts';
import type { RunInfo } from '../protocol/run-folder.ts';
import { selectionAt } from '../protocol/selection.ts';
import { stageSpans } from '../protocol/stage-spans.ts';
import { evaluatedSteps, readEvaluation } from '../run-folder/evaluations.ts';
import { MetricsTail } from '../run-folder/metrics-tail.ts';
import { RunReader } from '../run-folder/read-run.ts';
import { readCompletions, recordedSteps } from '../run-folder/rollouts.ts';
import { checkConfig } from '../run-folder/run-info.ts';
import { stepSection } from './completions.ts';
import { configSection, provenanceSection } from './config.ts';
import { curvesSection } from './curves.ts';
import { findingsSection } from './findings.ts';
import { changesSection, headSection } from './head.ts';
import { heldOutSection } from './held-out.ts';
import { type Html, html } from './html.ts';
import { pageOf } from './page.ts';
import { STYLE } from './style.ts';

/** Writes a report of a run: one HTML file without scripts that asks for nothing else. `version`: of the product. */
export async function writeReport(target: string, run: ExportedRun, version: string): Promise<void> {
  const page = await reportOf(run, version);
  await writeOutput(target, (file) => writePieces(file, [page.text]));
}

async function reportOf(run: ExportedRun, version: string): Promise<Html> {
  const { folder, info, label } = run;
  checkConfig(folder, info);
  const tail = new MetricsTail(folder);
  await tail.read();
  const { columns } = tail;
  const status = (await new RunReader().read(folder, false))?.status ?? info.state;
  const changedAt = [...new Set((info.changes ?? []).map(({ step }) => step))];
  const body = [
    headSection(run, status, columns),
    await findings(run, columns),
    curvesSection(columns, changedAt, stageSpans(info.config)),
    changesSection(info.changes),
    await heldOut(folder),
    ...(await completions(folder, info)),
    configSection(info),
    provenanceSection(info),
  ];
  return pageOf({ title: `${label} · GRPO Lab report`, style, version, writtenFrom: folder }, body);
}

const style = html([STYLE] as unknown as TemplateStringsArray);

/** Those that someone has dismissed are not for others either. */
async function findings({ folder, info, dismissed }: ExportedRun, metrics: MetricColumns): Promise<Html> {
  return findingsSection(undismissed(worthALook(await diagnoseFolder(folder, historyOf(info, metrics))), dismissed));
}

async function heldOut(folder: string): Promise<Html> {
  const steps = await evaluatedSteps(folder);
  const [first, last] = [steps[0], steps.at(-1)];
  if (first === undefined || last === undefined || first === last) return html``;
  const read = async (step: number) => ({ step, rows: await readEvaluation(folder, step) });
  return heldOutSection(await read(first), await read(last));
}

/** Of the first step and the last; none, where none are recorded. */
async function completions(folder: string, { config }: RunInfo): Promise<Html[]> {
  const steps = stepsOf(folder);
  const shown = [...new Set([steps[0], steps.at(-1)])].filter((step) => step !== undefined);
  return Promise.all(
    shown.map(async (step) => {
      const rows = ownOf(await readCompletions(folder, step));
      return stepSection(step, rows, selectionAt(config, step));
    }),
  );
}

function stepsOf(folder: string): number[] {
  try {
    return recordedSteps(folder);
  } catch (error) {
    if (error instanceof BadInput) return [];
    throw error;
  }
}
