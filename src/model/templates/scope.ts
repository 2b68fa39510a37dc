import type { Expression, Statement, Target } from './nodes.ts';

/**
 * What a name holds when its scope is entered: `parameter` what the loop, macro or `with` gives it, `context` the variable that was given
 * to the template, `outer` a copy of the name around the scope, `nothing` until it is set.
 */
export type Start = 'parameter' | 'context' | 'outer' | 'nothing';

/**
 * The names of one scope. Jinja2 decides before rendering to which scope a name belongs, by the order of uses in the source: a name that
 * is set anywhere in a loop's body is the body's own, starts each round with the value from outside, and is gone after the round.
 */
export class Scope {
  readonly parent: Scope | undefined;
  private readonly starts: Map<string, Start>;
  private readonly stored: Set<string>;

  constructor(parent: Scope | undefined, starts = new Map<string, Start>(), stored = new Set<string>()) {
    this.parent = parent;
    this.starts = starts;
    this.stored = stored;
  }

  has(name: string): boolean {
    return this.starts.has(name);
  }

  entries(): Iterable<[string, Start]> {
    return this.starts;
  }

  /** Whether the name is known here or around this scope. */
  knows(name: string): boolean {
    return this.has(name) || (this.parent?.knows(name) ?? false);
  }

  declare(name: string): void {
    this.stored.add(name);
    this.starts.set(name, 'parameter');
  }

  /** Looks at a body's statements in order, but not into the scopes inside them. */
  addStatements(body: Statement[]): void {
    for (const statement of body) this.addStatement(statement);
  }

  addExpression(node: Expression | undefined): void {
    if (!node) return;
    if (node.type === 'name') this.load(node.name);
    else for (const child of childExpressions(node)) this.addExpression(child);
  }

  addTarget(target: Target, asParameter = false): void {
    if (target.type === 'tuple') for (const item of target.items) this.addTarget(item, asParameter);
    else if (target.type === 'member') this.load(target.namespace);
    else if (asParameter) this.declare(target.name);
    else this.store(target.name);
  }

  private addStatement(node: Statement): void {
    switch (node.type) {
      case 'output':
        this.addExpression(node.value);
        break;
      case 'if':
        this.addBranches(node.branches, node.otherwise);
        break;
      case 'for':
        this.addExpression(node.iterable);
        break;
      case 'set':
        this.addExpression(node.value);
        this.addTarget(node.target);
        break;
      case 'set-block':
        this.addTarget(node.target);
        break;
      case 'with':
        for (const { value } of node.assignments) this.addExpression(value);
        return;
      case 'filter-block':
        this.addExpression(node.filter);
        break;
      case 'macro':
        this.store(node.name);
        break;
      case 'call-block':
        this.addExpression(node.call);
        break;
      case 'text':
      case 'generation':
      case 'break':
      case 'continue':
        break;
      default:
        node satisfies never;
    }
  }

  private addBranches(branches: { test: Expression; body: Statement[] }[], otherwise: Statement[]): void {
    const [first, ...others] = branches;
    this.addExpression(first!.test);
    const body = this.copy();
    body.addStatements(first!.body);
    const elseIf = this.copy();
    for (const branch of others) elseIf.addBranches([branch], []);
    const last = this.copy();
    last.addStatements(otherwise);
    this.merge([body, elseIf, last]);
  }

  /** A name that only some branches set keeps its value from outside in the others. */
  private merge(branches: Scope[]): void {
    const stored = new Set(branches.flatMap((branch) => [...branch.stored]).filter((name) => !this.stored.has(name)));
    for (const branch of branches) {
      for (const [name, start] of branch.starts) this.starts.set(name, start);
      for (const name of branch.stored) this.stored.add(name);
    }
    for (const name of stored) this.starts.set(name, this.parent?.knows(name) ? 'outer' : 'context');
  }

  private load(name: string): void {
    if (!this.knows(name)) this.starts.set(name, 'context');
  }

  private store(name: string): void {
    this.stored.add(name);
    if (!this.has(name)) this.starts.set(name, this.parent?.knows(name) ? 'outer' : 'nothing');
  }

  private copy(): Scope {
    return new Scope(this.parent, new Map(this.starts), new Set(this.stored));
  }
}

/** The expressions in an expression, in the order of the source. */
export function childExpressions(node: Expression): (Expression | undefined)[] {
  switch (node.type) {
    case 'constant':
    case 'name':
      return [];
    case 'tuple':
    case 'list':
      return node.items;
    case 'dict':
      return node.pairs.flat();
    case 'conditional':
      return [node.test, node.then, node.otherwise];
    case 'or':
    case 'and':
    case 'binary':
      return [node.left, node.right];
    case 'not':
    case 'unary':
      return [node.operand];
    case 'compare':
      return [node.first, ...node.rest.map(({ operand }) => operand)];
    case 'concat':
      return node.parts;
    case 'attribute':
      return [node.object];
    case 'item':
      return [node.object, node.key];
    case 'slice':
      return [node.object, node.start, node.stop, node.step];
    case 'call':
      return [node.callee, ...argumentExpressions(node)];
    case 'filter':
    case 'test':
      return [node.object, ...argumentExpressions(node)];
    default:
      return node satisfies never;
  }
}

function argumentExpressions({ args }: Extract<Expression, { type: 'call' | 'filter' | 'test' }>) {
  return [...args.positional, ...args.named.map(([, value]) => value), args.more, args.moreNamed];
}
