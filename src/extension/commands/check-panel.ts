import { randomBytes } from 'node:crypto';
import { basename } from 'node:path';
import { Position, Uri, ViewColumn, type WebviewPanel, window, workspace } from 'vscode';
import * as z from 'zod';
import type { CheckReport } from '../../protocol/check-report.ts';
import { checkLines, functionRows, modelText } from '../../protocol/check-text.ts';
import { formatLocation } from '../../protocol/errors.ts';
import type { Finding } from '../../protocol/finding.ts';
import { remedy, sourceLocation } from '../../protocol/problem.ts';
import { setWords } from '../../protocol/remedy.ts';
import { visible } from '../../text/visible.ts';
import type { Lab } from '../lab.ts';
import { editOf } from '../workspace/edit-config.ts';
import { escapeHtml } from '../workspace/html.ts';
import { showAt } from '../workspace/show-at.ts';

/** Links of the page may run these. */
const COMMANDS = ['grpo.openPlace', 'grpo.applyRemedy', 'grpo.startTraining', 'grpo.checkRun'];

/** The one tab of reports, while it is open. */
let panel: WebviewPanel | undefined;

/** Shows what a check found out, beside the config. */
export function showReport(report: CheckReport): void {
  const title = `Check: ${report.name}`;
  if (panel) {
    panel.title = title;
    panel.reveal(undefined, true);
  } else {
    const where = { viewColumn: ViewColumn.Beside, preserveFocus: true };
    panel = window.createWebviewPanel('grpo.check', title, where, { enableCommandUris: COMMANDS });
    panel.onDidDispose(() => {
      panel = undefined;
    });
  }
  panel.webview.html = reportHtml(report);
}

/** What a link to a place does: it opens the file where it is open already, and not over the report. */
export async function openPlace(_lab: Lab, given?: unknown): Promise<void> {
  const { file, line = 1, column = 1 } = sourceLocation.parse(given);
  await showAt(file, new Position(line - 1, column - 1), ViewColumn.One);
}

const applied = z.object({ config: z.string(), remedy });

/** What a link to a quick fix does: it changes the config in its editor, where the change can be seen and undone. */
export async function applyRemedy(_lab: Lab, given?: unknown): Promise<void> {
  const { config, remedy } = applied.parse(given);
  if (remedy.action !== 'set') return;
  const document = await workspace.openTextDocument(Uri.file(config));
  const open = window.visibleTextEditors.find((editor) => editor.document === document);
  await window.showTextDocument(document, { viewColumn: open?.viewColumn ?? ViewColumn.One });
  await workspace.applyEdit(editOf(document, remedy));
}

/** A page without scripts: all that it holds is text, and links to commands. */
function reportHtml(report: CheckReport): string {
  const { name, step, findings } = report;
  const nonce = randomBytes(16).toString('base64');
  const found =
    findings.length === 0
      ? '<p class="good">No problems found.</p>'
      : `<ul>${findings.map((finding) => findingHtml(finding, report.config)).join('')}</ul>`;
  const [heading, ...rows] = functionRows(step);
  const cells = (row: string[], tag: 'td' | 'th') =>
    row
      .map((cell, column) => (column === 0 ? `<th scope="row">${text(cell)}</th>` : `<${tag}>${text(cell)}</${tag}>`))
      .join('');
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'nonce-${nonce}'">
<title>${text(`Check of ${name}`)}</title>
<style nonce="${nonce}">${STYLE}</style>
</head>
<body>
<h1>${text(name)}</h1>
<p class="about">${text(modelText(report))}</p>
<p>${link('Start Training', 'grpo.startTraining', report.config)} · ${link('Check Again', 'grpo.checkRun', report.config)}</p>
<h2>Findings</h2>
${found}
<h2>What to expect</h2>
<table>${checkLines(report)
    .map(([label, words]) => `<tr><th scope="row">${text(label)}</th><td class="words">${text(words)}</td></tr>`)
    .join('')}</table>
<h2>Reward functions</h2>
<div class="wide"><table class="numbers"><thead><tr>${(heading ?? []).map((cell) => `<th scope="col">${text(cell)}</th>`).join('')}</tr></thead>
<tbody>${rows.map((row) => `<tr>${cells(row, 'td')}</tr>`).join('')}</tbody></table></div>
</body>
</html>`;
}

const SEVERITIES = { error: 'Error', warning: 'Warning', information: 'Note' };

function findingHtml({ severity, evidence, place, remedy }: Finding, config: string): string {
  const fix =
    remedy?.action === 'set' ? `<br>Quick fix: ${link(setWords(remedy), 'grpo.applyRemedy', { config, remedy })}` : '';
  const where = place && place.option === undefined ? ` ${placeLink(place)}` : '';
  return `<li class="${severity}"><strong>${SEVERITIES[severity]}</strong> ${text(evidence)}${where}${fix}</li>`;
}

function placeLink(place: NonNullable<Finding['place']>): string {
  return link(formatLocation({ ...place, file: basename(place.file) }), 'grpo.openPlace', place);
}

const link = (words: string, command: string, argument: unknown): string =>
  `<a href="${text(`command:${command}?${encodeURIComponent(JSON.stringify([argument]))}`)}">${text(words)}</a>`;

const text = (plain: string): string => escapeHtml(visible(plain));

const STYLE = `
body { color: var(--vscode-foreground); font: var(--vscode-font-size) var(--vscode-font-family); padding: 8px 20px; max-width: 60em; }
h1 { font-size: 1.6em; font-weight: 600; margin: 0.4em 0 0; }
h2 { font-size: 1.1em; font-weight: 600; margin: 1.6em 0 0.5em; }
p { margin: 0.5em 0; }
.about { color: var(--vscode-descriptionForeground); }
a { color: var(--vscode-textLink-foreground); }
ul { list-style: none; margin: 0; padding: 0; }
li { border-left: 3px solid; padding: 0.3em 0.8em; margin: 0.5em 0; line-height: 1.5; }
li.error { border-color: var(--vscode-editorError-foreground); }
li.warning { border-color: var(--vscode-editorWarning-foreground); }
li.information { border-color: var(--vscode-editorInfo-foreground); }
table { border-collapse: collapse; }
h1, .words, li { overflow-wrap: anywhere; }
th, td { text-align: left; vertical-align: top; padding: 0.25em 1.2em 0.25em 0; font-weight: normal; }
tbody th, table:not(.numbers) th { color: var(--vscode-descriptionForeground); white-space: nowrap; }
td.words { line-height: 1.4; }
.numbers td, .numbers thead th:not(:first-child) { text-align: right; font-variant-numeric: tabular-nums; }
.wide { overflow-x: auto; }
.numbers td, .numbers th { padding-right: 0.9em; white-space: nowrap; }
.numbers :last-child { padding-right: 0; }
.numbers thead th { border-bottom: 1px solid var(--vscode-panel-border); }
`;
