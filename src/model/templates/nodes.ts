/** What a template is made of once parsed: Jinja2's grammar without what needs other templates. Lines count from 1. */

export type Expression = { line: number } & (
  | { type: 'constant'; value: null | boolean | bigint | number | string }
  | { type: 'name'; name: string }
  | { type: 'tuple' | 'list'; items: Expression[] }
  | { type: 'dict'; pairs: [key: Expression, value: Expression][] }
  | { type: 'conditional'; test: Expression; then: Expression; otherwise: Expression | undefined }
  | { type: 'or' | 'and'; left: Expression; right: Expression }
  | { type: 'not'; operand: Expression }
  | { type: 'compare'; first: Expression; rest: { operator: Comparison; operand: Expression }[] }
  | { type: 'binary'; operator: BinaryOperator; left: Expression; right: Expression }
  | { type: 'unary'; operator: '+' | '-'; operand: Expression }
  | { type: 'concat'; parts: Expression[] }
  | { type: 'attribute'; object: Expression; name: string }
  | { type: 'item'; object: Expression; key: Expression }
  | { type: 'slice'; object: Expression; start: Bound; stop: Bound; step: Bound }
  | { type: 'call'; callee: Expression; args: CallArguments }
  | FilterCall
  | { type: 'test'; object: Expression; name: string; args: CallArguments }
);

/** Without an object, it works on the text of a `filter` or `set` block. */
export type FilterCall = {
  type: 'filter';
  object: Expression | undefined;
  name: string;
  args: CallArguments;
  line: number;
};

type Bound = Expression | undefined;
export type BinaryOperator = '+' | '-' | '*' | '/' | '//' | '%' | '**';
export type Comparison = '==' | '!=' | '<' | '<=' | '>' | '>=' | 'in' | 'not in';

export interface CallArguments {
  positional: Expression[];
  named: [name: string, value: Expression][];
  /** `*list` and `**dict`. */
  more: Expression | undefined;
  moreNamed: Expression | undefined;
}

/** What can be assigned to. */
export type Target = { line: number } & (
  | { type: 'name'; name: string }
  | { type: 'member'; namespace: string; name: string }
  | { type: 'tuple'; items: Target[] }
);

export interface Parameter {
  name: string;
  default: Expression | undefined;
}

export type Statement = { line: number } & (
  | { type: 'text'; text: string }
  | { type: 'output'; value: Expression }
  | { type: 'if'; branches: { test: Expression; body: Statement[] }[]; otherwise: Statement[] }
  | ForLoop
  | { type: 'set'; target: Target; value: Expression }
  | { type: 'set-block'; target: Target; filter: FilterCall | undefined; body: Statement[] }
  | { type: 'with'; assignments: { target: Target; value: Expression }[]; body: Statement[] }
  | { type: 'filter-block'; filter: FilterCall; body: Statement[] }
  | MacroDefinition
  | { type: 'call-block'; call: Extract<Expression, { type: 'call' }>; caller: Callee }
  /** transformers' `{% generation %}`: what it holds is part of the text, in a scope of its own. */
  | { type: 'generation'; caller: Callee }
  | { type: 'break' | 'continue' }
);

export type ForLoop = {
  type: 'for';
  target: Target;
  iterable: Expression;
  test: Expression | undefined;
  recursive: boolean;
  body: Statement[];
  otherwise: Statement[];
  line: number;
};

/** Parameters and a body: of a macro, or of the `caller` that a call block gives to one. */
export interface Callee {
  parameters: Parameter[];
  body: Statement[];
  line: number;
}

export type MacroDefinition = { type: 'macro'; name: string; callee: Callee; line: number };
