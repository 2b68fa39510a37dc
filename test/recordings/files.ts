/** The files of a run, as recordings keep them: without times and without paths of this machine; long ones by their hash. */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { basename, join, sep } from 'node:path';

/** By path in the run folder: JSON values, texts, lists of rows or of lines. */
export type Files = Record<string, unknown>;

/** JSON that we write; other JSON files are copies, and compared as they are. */
const OURS = ['run.json', 'config.json', 'adapter_config.json', 'trainer_state.json'];
/** Of a list of rows, those that a recording shows. */
const ROWS_SHOWN = 2;
const LONGEST_SHOWN = 600;

/** Names for the folders whose paths differ from machine to machine. */
export const plain = (text: string, places: Record<string, string>): string =>
  Object.entries(places).reduce((result, [name, folder]) => result.replaceAll(folder, name), text);

/** Everything in a run folder. */
export function readFiles(run: string, places: Record<string, string>): Files {
  const files: Files = {};
  for (const entry of readdirSync(run, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    files[path.slice(run.length + 1).replaceAll(sep, '/')] = readFile(path, places);
  }
  return files;
}

function readFile(path: string, places: Record<string, string>): unknown {
  const bytes = readFileSync(path);
  if (path.endsWith('.safetensors')) return describeTensors(bytes);
  const text = plain(bytes.toString('utf8'), places);
  if (path.endsWith('.jsonl')) return parseLines(text);
  if (basename(path) === 'log.txt') return text.split('\n').map((line) => line.replace(/^\S+Z /, ''));
  return OURS.includes(basename(path)) ? withoutTimes(JSON.parse(text)) : text;
}

/** JSON lines, the last of them ended. */
export const parseLines = (text: string): unknown[] =>
  text
    .split('\n')
    .slice(0, -1)
    .map((line) => withoutTimes(JSON.parse(line)));

const TIME = /^(step_time|time\/.*|createdAt|updatedAt|at)$/;

/** Times and versions become words, so that only their being there is compared. */
function withoutTimes(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutTimes);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([key, inner]) => {
    if (TIME.test(key)) return [key, '<time>'];
    return [key, key === 'versions' ? withoutVersions(inner) : withoutTimes(inner)];
  });
  return Object.fromEntries(entries);
}

const withoutVersions = (versions: object): object =>
  Object.fromEntries(Object.keys(versions).map((name) => [name, '<version>']));

/** A safetensors file: its hash, that of its header, and how long the vector of all its numbers is, to see how far off it is. */
function describeTensors(bytes: Buffer): object {
  const start = 8 + Number(bytes.readBigUInt64LE());
  const header = bytes.toString('utf8', 8, start);
  const described = { bytes: bytes.length, sha256: sha256(bytes), header: sha256(header) };
  if (/"dtype":"(?!F32)/.test(header)) return described;
  const values = new Float32Array(Uint8Array.from(bytes.subarray(start)).buffer);
  return { ...described, norm: Math.sqrt(values.reduce((sum, value) => sum + value * value, 0)) };
}

/** Files as a recording keeps them: metrics and log whole, of other lists the first rows and the hash of all, of long texts the hash. */
export const shorten = (files: Files): Files =>
  Object.fromEntries(
    Object.entries(files)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, content]) => [name, /^(metrics\.jsonl|log\.txt)$/.test(name) ? content : shortenContent(content)]),
  );

function shortenContent(content: unknown): unknown {
  if (typeof content === 'string' && content.length > LONGEST_SHOWN) return { sha256: sha256(content) };
  if (!Array.isArray(content)) return content;
  if (content.length <= ROWS_SHOWN) return content.map(shortenRow);
  const rows = content.map((row) => `${JSON.stringify(row)}\n`).join('');
  return { rows: content.length, sha256: sha256(rows), first: content.slice(0, ROWS_SHOWN).map(shortenRow) };
}

/** A row may be long: `grpo rescore` prints a whole step as one. */
function shortenRow(row: unknown): unknown {
  const text = JSON.stringify(row);
  return text.length > LONGEST_SHOWN ? { sha256: sha256(text), begins: text.slice(0, LONGEST_SHOWN) } : row;
}

const sha256 = (content: string | Buffer): string => createHash('sha256').update(content).digest('hex');
