import { existsSync } from 'node:fs';
import type { CallExpression, Function as FunctionNode, Node, Statement } from '@babel/types';
import { REWARD_FILE } from '../files/open-file.ts';
import type { EditedTexts } from '../files/source.ts';
import { readText } from '../files/text.ts';
import type { WorkerFunction } from '../protocol/reward-worker.ts';
import type { RewardLanguage } from '../rewards/prepare-worker.ts';
import { findFunction, localName, parseProgram } from './parameters.ts';

const COMPLETIONS = ['completion', 'completions', 'completionIds', 'completion_ids'];
/** Of `grpo/rewards`: what they make is no reward, but part of one. */
const NO_REWARDS = ['tagged', 'firstOf', 'afterThinking'];

/**
 * Whether a function that no run config names is taken for a reward, and so is tried on the samples: it must look like one, as reward files also export
 * helpers, which nobody may call with a sample. In Python it names completions besides having TRL's signature; in TypeScript it takes
 * completions out of its only parameter, or is typed as a reward, or made by a helper of `grpo/rewards`.
 */
export function looksLikeReward(
  { name, file, kind, isDefault, parameters = [] }: WorkerFunction,
  entry: string,
  language: RewardLanguage,
  texts: EditedTexts,
): boolean {
  if (!isDefault) return false;
  if (language === 'python') return parameters.some((parameter) => COMPLETIONS.includes(parameter.name));
  if (kind === 'batch') return true;
  const source = file ?? entry;
  const text = texts.get(source) ?? (existsSync(source) ? readText(source, REWARD_FILE) : '');
  const statements = parseProgram(text, source);
  const declared = findFunction(statements, name);
  return declared ? takesSample(declared, text) : isMadeByHelper(statements, localName(statements, name));
}

function takesSample({ params: [first, ...others], body }: FunctionNode, text: string): boolean {
  if (others.some(({ type }) => type !== 'AssignmentPattern' && type !== 'RestElement')) return false;
  const parameter = first?.type === 'AssignmentPattern' ? first.left : first;
  if (parameter?.type === 'ObjectPattern')
    return parameter.properties.some(
      (property) =>
        property.type === 'ObjectProperty' &&
        property.key.type === 'Identifier' &&
        COMPLETIONS.includes(property.key.name),
    );
  if (parameter?.type !== 'Identifier') return false;
  const type = parameter.typeAnnotation;
  if (/^:\s*(Batch)?RewardInput\b/.test(text.slice(type?.start ?? 0, type?.end ?? 0))) return true;
  const used = new RegExp(`\\b${parameter.name.replaceAll('$', '\\$')}\\.(${COMPLETIONS.join('|')})\\b`);
  return used.test(text.slice(body.start ?? 0, body.end ?? 0));
}

/** `export const right = numericMatch({ column: 'answer' })`. */
function isMadeByHelper(statements: Statement[], local: string): boolean {
  const helpers = new Map(statements.flatMap(importsOfLibrary));
  const made = statements
    .map((statement) => (statement.type === 'ExportNamedDeclaration' ? statement.declaration : statement))
    .flatMap((statement) => (statement?.type === 'VariableDeclaration' ? statement.declarations : []))
    .find(({ id }) => id.type === 'Identifier' && id.name === local);
  const callee = callIn(made?.init)?.callee;
  const helper = callee?.type === 'Identifier' ? helpers.get(callee.name) : undefined;
  return helper !== undefined && !NO_REWARDS.includes(helper);
}

/** Names here and there. */
function importsOfLibrary(statement: Statement): [local: string, imported: string][] {
  if (statement.type !== 'ImportDeclaration' || statement.source.value !== 'grpo/rewards') return [];
  return statement.specifiers.flatMap((specifier): [string, string][] => {
    if (specifier.type !== 'ImportSpecifier') return [];
    const { imported, local } = specifier;
    return [[local.name, imported.type === 'Identifier' ? imported.name : imported.value]];
  });
}

function callIn(node: Node | null | undefined): CallExpression | undefined {
  if (node?.type === 'AwaitExpression') return callIn(node.argument);
  return node?.type === 'CallExpression' ? node : undefined;
}
