import { remedyWords } from '../protocol/remedy.ts';
import type { RunFinding } from '../protocol/run-finding.ts';
import { type Html, html } from './html.ts';

const SEVERITIES: Record<RunFinding['severity'], string> = {
  error: 'Error',
  warning: 'Warning',
  information: 'Note',
};

/** What is wrong with the run, the worst first; nothing, where nothing is. */
export function findingsSection(findings: readonly RunFinding[]): Html {
  if (findings.length === 0) return html``;
  return html`<section><h2>Findings</h2>${findings.map(findingOf)}</section>`;
}

const findingOf = ({ severity, title, evidence, remedy, also = [] }: RunFinding): Html =>
  html`<div class="finding ${severity}"><h3>${title} <span class="muted">${SEVERITIES[severity]}</span></h3>
<p>${evidence}</p>${also.map((other) => html`<p class="muted">Also: ${other.title}. ${other.evidence}</p>`)}${remedy && html`<p class="muted">${remedyWords(remedy)}</p>`}</div>`;
