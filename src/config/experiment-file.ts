import { dirname, resolve } from 'node:path';
import { findNodeAtLocation, getNodeValue, type Node } from 'jsonc-parser';
import { parseJsonc } from '../files/jsonc.ts';
import { EXPERIMENT_FILE } from '../files/open-file.ts';
import { readText } from '../files/text.ts';
import { BadInput, type SourceLocation } from '../protocol/errors.ts';
import { experimentFieldNames, experimentFields } from '../protocol/experiment.ts';
import { fieldPart } from '../protocol/label-parts.ts';
import { experimentName } from '../text/files-by-name.ts';
import { isJson } from '../text/is-json.ts';
import { describeIssue } from './config-issue.ts';
import type { WrittenOverride } from './config-override.ts';

/** One of the values that something takes in an experiment, and what it changes of the run config. */
export interface Choice {
  label: string;
  set: WrittenOverride[];
  place: SourceLocation;
}

/** An experiment file as it was read, before its run configs are. */
export interface ExperimentFile {
  file: string;
  /** `sweep` for `sweep.experiment.json`. */
  name: string;
  /** The run config's path as written, and where. */
  base: string;
  basePlace: SourceLocation;
  set: WrittenOverride[];
  /** All that varies; each combination is a setting. */
  axes: Choice[][];
  /** Where that is written. */
  varyPlace: SourceLocation;
  seeds: number[];
  /** Further columns of the table: headings, and the metrics below them. */
  metrics: Record<string, string>;
}

/** Reads `NAME.experiment.json` (JSON with comments and trailing commas). Throws BadInput at file:line:column for what is wrong with the file itself. */
export function readExperimentFile(given: string): ExperimentFile {
  const file = resolve(given);
  if (file.endsWith('.grpo.json'))
    throw new BadInput('This is a run config; name it as "base" in NAME.experiment.json.', { file });
  const text = readText(file, EXPERIMENT_FILE);
  const { root, value, at } = parseJsonc(text, file, 'experiment file');
  if (root?.type !== 'object') throw new BadInput('The experiment file must be one JSON object, { ... }.', at(0));
  const nodeOf = (path: (string | number)[]): Node => {
    const found = findNodeAtLocation(root, path);
    return found ?? (path.length === 0 ? root : nodeOf(path.slice(0, -1)));
  };
  const parsed = experimentFields.safeParse(value);
  if (!parsed.success) {
    const { issues } = parsed.error;
    const issue = issues.find(({ code }) => code === 'unrecognized_keys') ?? issues[0]!;
    const named = { name: 'The experiment file', fields: experimentFieldNames };
    const { path, message, remedy } = describeIssue(issue, value, named);
    const node = nodeOf(path);
    const isName = issue.code === 'unrecognized_keys' && node.parent?.type === 'property';
    throw new BadInput(message, at(isName ? node.parent!.offset : node.offset), { remedy });
  }

  const override = (key: Node, node: Node): WrittenOverride => {
    const place = at(key.offset);
    if (/^seed(\.|$)/.test(key.value.trim()))
      throw new BadInput('List the seeds in "seeds": every setting is trained with each of them.', place);
    const written = text.slice(node.offset, node.offset + node.length);
    return {
      text: `${key.value}=${isJson(written) ? written : JSON.stringify(getNodeValue(node))}`,
      key: place,
      value: at(node.offset),
    };
  };
  const overrides = (node: Node) => fieldsOf(node).map(([key, field]) => override(key, field));
  const choices = ([key, node]: [Node, Node]): Choice[] => {
    const { children = [] } = node;
    if (children.length === 0)
      throw new BadInput(`"${key.value}" has no values; list some, or remove it from "vary".`, at(key.offset));
    if (node.type === 'object')
      return fieldsOf(node).map(([name, fields]) => ({
        label: name.value,
        set: overrides(fields),
        place: at(name.offset),
      }));
    const labels = labelsOf(key.value, children.map(getNodeValue));
    return children.map((child, n) => ({ label: labels[n]!, set: [override(key, child)], place: at(child.offset) }));
  };

  const vary = findNodeAtLocation(root, ['vary']);
  if (vary && fieldsOf(vary).length === 0)
    throw new BadInput(
      '"vary" is empty: give it a field with values, such as "learningRate": [1e-4, 1e-3], or remove it to train the run config as it is with each seed.',
      at(vary.offset),
    );
  const { base, seeds, metrics } = parsed.data;
  const again = seeds.findIndex((seed, n) => seeds.indexOf(seed) < n);
  if (again >= 0)
    throw new BadInput(`Seed ${seeds[again]} is here twice; remove one.`, at(nodeOf(['seeds', again]).offset));
  const set = findNodeAtLocation(root, ['set']);
  return {
    ...{ file, name: experimentName(file), base, seeds, metrics },
    basePlace: at(nodeOf(['base']).offset),
    set: set ? overrides(set) : [],
    axes: vary ? fieldsOf(vary).map(choices) : [],
    varyPlace: at((vary ?? root).offset),
  };
}

/** The base config's absolute path. */
export const basePath = ({ file, base }: ExperimentFile): string => resolve(dirname(file), base);

const fieldsOf = (object: Node): [Node, Node][] => object.children!.map(({ children }) => children as [Node, Node]);

/** What the values of a field are called; those that have no short name of their own are numbered. */
function labelsOf(field: string, values: unknown[]): string[] {
  const labels = values.map((value) => fieldPart(field, value));
  const isClear = (label: string) =>
    labels.filter((other) => other === label).length === 1 && !label.startsWith('other ');
  return labels.map((label, n) => (isClear(label) ? label : `${field} ${n + 1}`));
}
