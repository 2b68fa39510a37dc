import type { ExportedRun } from '../export/exported-run.ts';
import { changeText } from '../protocol/difference-text.ts';
import { findingText } from '../protocol/finding.ts';
import { rewardText } from '../protocol/held-out.ts';
import type { MetricColumns } from '../protocol/metric-columns.ts';
import type { RunChange, RunState } from '../protocol/run-folder.ts';
import { measureText, runMeasure } from '../protocol/run-measure.ts';
import { secondsTrained } from '../protocol/run-results.ts';
import { stageSpans, stageText } from '../protocol/stage-spans.ts';
import { formatDuration } from '../text/duration.ts';
import { fileName } from '../text/files-by-name.ts';
import { type Html, html } from './html.ts';

/** What a run was and what came of it. */
export function headSection(run: ExportedRun, status: RunState | 'interrupted', columns: MetricColumns): Html {
  const { info, label, note, tags } = run;
  const { config, step } = info;
  const stages = stageSpans(config);
  const facts: [string, string][] = [
    ['State', `${status}, ${step} of ${config.maxSteps} steps`],
    ...(stages.length > 0 ? [['Stages', stages.map(stageText).join('; ')] as [string, string]] : []),
    ['Started', `${info.createdAt.slice(0, 16).replace('T', ' ')} UTC`],
    ['Duration', formatDuration(secondsTrained(columns) ?? 0)],
    ['Model', fileName(config.model)],
    ['Device', info.device ?? 'not known'],
    ['Seed', String(info.seed)],
  ];
  return html`<header><h1>${label}</h1>
${tags.length > 0 && html`<p>${tags.map((tag) => html`<span class="tag">${tag}</span> `)}</p>`}
${note !== undefined && note !== '' && html`<p class="note">${note}</p>`}
${outcome(columns)}
<dl>${facts.map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>
${info.reason !== null && html`<p class="error">${info.reason}</p>`}
${(info.findings ?? []).map((finding) => html`<p class="finding">${findingText(finding)}</p>`)}</header>`;
}

/** The held-out reward before and after, or else how the reward of training went. */
function outcome(columns: MetricColumns): Html {
  const { length, steps } = columns;
  const [reward, evalReward] = [columns.values('reward'), columns.values('eval_reward')];
  const measure = runMeasure({ steps, reward, evalReward, length });
  if (!measure) return html`<p class="outcome muted">No reward has been recorded yet.</p>`;
  const values = measure.kind === 'held-out' ? evalReward! : reward!;
  const at = values.subarray(0, length).findIndex((value) => Number.isFinite(value));
  return html`<p class="outcome"><span>${measureText(measure)}</span>
<strong>${rewardText(values[at])} → ${rewardText(measure.reward)}</strong>
<span class="muted">from step ${steps[at]} to step ${measure.step}; best ${rewardText(measure.best)} at step ${measure.bestStep}</span></p>`;
}

/** What was not the same for all of its steps; nothing, where nothing changed. */
export function changesSection(changes: readonly RunChange[] = []): Html {
  if (changes.length === 0) return html``;
  return html`<section><h2>Changes</h2><ul>${changes.map(
    (change) => html`<li>From step ${change.step} on: ${changeText(change)}</li>`,
  )}</ul></section>`;
}
