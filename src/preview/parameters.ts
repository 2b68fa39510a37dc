import { existsSync } from 'node:fs';
import { type ParserOptions, parse } from '@babel/parser';
import type { Expression, Function as FunctionNode, Node, ObjectPattern, Statement } from '@babel/types';
import { REWARD_FILE } from '../files/open-file.ts';
import type { EditedTexts } from '../files/source.ts';
import { readText } from '../files/text.ts';
import type { WorkerFunction } from '../protocol/reward-worker.ts';
import type { RewardLanguage } from '../rewards/prepare-worker.ts';

/** A column that a function asks for by name; places count from 1, `endColumn` is exclusive. */
export interface Parameter {
  name: string;
  line: number;
  column: number;
  endColumn: number;
}

/** What a function of the reward file `entry` takes by name, defaults excepted; `texts` are those being edited. */
export function parametersOf(
  { name, file, parameters }: WorkerFunction,
  entry: string,
  language: RewardLanguage,
  texts: EditedTexts,
): Parameter[] {
  if (parameters) return parameters.map((named) => ({ ...named, endColumn: named.column + named.name.length }));
  if (language === 'python') return [];
  const source = file ?? entry;
  const text = texts.get(source) ?? (existsSync(source) ? readText(source, REWARD_FILE) : '');
  return destructuredParameters(text, source, name);
}

const OPTIONS: ParserOptions = { sourceType: 'module', errorRecovery: true };

/**
 * What the function exported as `name` takes out of its first parameter, `({ completion, answer: wanted }) => ...`, in TypeScript or
 * JavaScript. What has a default may be missing and is skipped; so is what is taken out later, `input.answer`.
 */
function destructuredParameters(text: string, file: string, name: string): Parameter[] {
  const pattern = firstPattern(findFunction(parseProgram(text, file), name));
  return (pattern?.properties ?? []).flatMap((property): Parameter[] => {
    if (property.type !== 'ObjectProperty' || property.computed || property.value.type === 'AssignmentPattern')
      return [];
    const { key } = property;
    if (key.type !== 'Identifier' || !key.loc) return [];
    const { start, end } = key.loc;
    return [{ name: key.name, line: start.line, column: start.column + 1, endColumn: end.column + 1 }];
  });
}

export function parseProgram(text: string, file: string): Statement[] {
  try {
    const isTypeScript = /\.[cm]?tsx?$/.test(file);
    const plugins: ParserOptions['plugins'] = isTypeScript ? ['typescript'] : [];
    if (/x$/.test(file)) plugins.push('jsx');
    return parse(text, { ...OPTIONS, plugins }).program.body;
  } catch {
    // Newer syntax than the parser's: the compiler took it, so that only this check is lost.
    return [];
  }
}

function firstPattern(declared: FunctionNode | undefined): ObjectPattern | undefined {
  const first = declared?.params[0];
  const pattern = first?.type === 'AssignmentPattern' ? first.left : first;
  return pattern?.type === 'ObjectPattern' ? pattern : undefined;
}

export function findFunction(statements: Statement[], exported: string): FunctionNode | undefined {
  const local = localName(statements, exported);
  for (const statement of statements) {
    const isExport = statement.type === 'ExportNamedDeclaration' || statement.type === 'ExportDefaultDeclaration';
    const declaration = isExport ? statement.declaration : statement;
    if (!declaration) continue;
    if (statement.type === 'ExportDefaultDeclaration' && exported === 'default' && declaration.type !== 'Identifier')
      return functionIn(declaration);
    if (declaration.type === 'FunctionDeclaration' && declaration.id?.name === local) return declaration;
    if (declaration.type !== 'VariableDeclaration') continue;
    for (const { id, init } of declaration.declarations)
      if (id.type === 'Identifier' && id.name === local) return functionIn(init);
  }
  return undefined;
}

/** `export { ordering as order }`, `export default ordering`. */
export function localName(statements: Statement[], exported: string): string {
  for (const statement of statements) {
    if (statement.type === 'ExportDefaultDeclaration' && exported === 'default')
      if (statement.declaration.type === 'Identifier') return statement.declaration.name;
    if (statement.type !== 'ExportNamedDeclaration') continue;
    for (const specifier of statement.specifiers) {
      if (specifier.type !== 'ExportSpecifier') continue;
      const name = specifier.exported.type === 'Identifier' ? specifier.exported.name : specifier.exported.value;
      if (name === exported) return specifier.local.name;
    }
  }
  return exported;
}

/** The function itself, or the one that is wrapped: `batchReward(({ completions }) => ...)`, `(...) satisfies Reward`. */
function functionIn(node: Node | null | undefined): FunctionNode | undefined {
  switch (node?.type) {
    case 'FunctionDeclaration':
    case 'FunctionExpression':
    case 'ArrowFunctionExpression':
      return node;
    case 'CallExpression':
      return functionIn(node.arguments[0]);
    case 'TSAsExpression':
    case 'TSSatisfiesExpression':
    case 'TSNonNullExpression':
    case 'ParenthesizedExpression':
      return functionIn(node.expression as Expression);
    default:
      return undefined;
  }
}
