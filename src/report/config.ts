import { dirname, sep } from 'node:path';
import { valueText } from '../protocol/difference-text.ts';
import { runConfigSchema } from '../protocol/run-config.ts';
import type { FileDigest, RunInfo, RunInputs } from '../protocol/run-folder.ts';
import { type Html, html } from './html.ts';

/** The config that was run: what was chosen, then the defaults. */
export function configSection({ config, configFile }: RunInfo): Html {
  const folder = dirname(configFile);
  const defaults = defaultsOf(config);
  const fields = Object.entries(config).filter(([, value]) => value !== undefined);
  const isDefault = ([name, value]: [string, unknown]) =>
    Object.hasOwn(defaults, name) && JSON.stringify(defaults[name]) === JSON.stringify(value);
  const row = ([name, value]: [string, unknown]) =>
    html`<tr><th scope="row">${name}</th><td>${linesOf(value).map((line, i) => html`${i > 0 && html`<br>`}${fromFolder(line, folder)}`)}</td></tr>`;
  const chosen = fields.filter((field) => !isDefault(field));
  const others = fields.filter(isDefault);
  return html`<section><h2>Config</h2>
<p class="muted">${configFile}</p>
<h3>Differs from the defaults</h3><table>${chosen.map(row)}</table>
${others.length > 0 && html`<h3>Defaults</h3><div class="defaults muted"><table>${others.map(row)}</table></div>`}</section>`;
}

/** Stages have a line each. */
const linesOf = (value: unknown): string[] =>
  Array.isArray(value) && value.some((item) => typeof item === 'object' && item !== null && 'kind' in item)
    ? value.map((item, i) => `${i + 1}. ${valueText(item)}`)
    : [valueText(value)];

/** What the fields would be if only the required ones were given; some follow others. */
function defaultsOf(config: RunInfo['config']): Record<string, unknown> {
  const { data } = runConfigSchema.safeParse({ model: 'none', dataset: 'none', rewards: [] });
  if (!data) return {};
  const { model: _, dataset: __, rewards: ___, ...defaults } = data;
  return { ...defaults, epsilonHigh: config.epsilon, numGenerationsEval: config.numGenerations };
}

/** Paths in the config's folder as they are from there. */
const fromFolder = (text: string, folder: string): string => text.replaceAll(folder + sep, '');

/** Versions, and what the run read, by content. */
export function provenanceSection({ versions, inputs, rewardSources = [], configFile }: RunInfo): Html {
  const folder = dirname(configFile);
  const software = Object.entries(versions).map(
    ([name, version]) => html`<tr><th scope="row">${name}</th><td>${version}</td></tr>`,
  );
  const { tokenizer = [], ...files }: Partial<RunInputs> = inputs ?? {};
  const digests = [
    ...Object.entries(files).flatMap(([what, files]) => digestRows(what, files, folder)),
    ...tokenizer.map(({ file, sha256 }) => digestRow('tokenizer', fromFolder(file, folder), sha256)),
    ...rewardSources.map(({ name, sha256 }) => digestRow('reward', name, sha256)),
  ];
  return html`<section><h2>Versions and inputs</h2><table>${software}</table>
${
  digests.length > 0
    ? html`<table class="digests"><thead><tr><th scope="col">input</th><th scope="col">file</th><th scope="col">SHA-256</th></tr></thead><tbody>${digests}</tbody></table>
<p class="muted">Of large weights, blocks were hashed rather than every byte.</p>`
    : html`<p class="muted">The release that started this run recorded no digests of its inputs.</p>`
}</section>`;
}

function digestRows(what: string, files: FileDigest | FileDigest[] | null, folder: string): Html[] {
  return [files ?? []].flat().map(({ file, sha256 }) => digestRow(what, fromFolder(file, folder), sha256));
}

const digestRow = (what: string, file: string, sha256: string): Html =>
  html`<tr><td>${what}</td><td>${file}</td><td><code>${sha256}</code></td></tr>`;
