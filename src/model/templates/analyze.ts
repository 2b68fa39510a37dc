import { NotSupported, TemplateError } from './errors.ts';
import type { Callee, Expression, ForLoop, Statement, Target } from './nodes.ts';
import { childExpressions, Scope } from './scope.ts';

/** What a macro's body mentions besides its parameters decides what else the macro can be given. */
export interface CalleeScope {
  scope: Scope;
  takesCaller: boolean;
  takesNamed: boolean;
  takesMore: boolean;
}

/** A template ready to be rendered: the scopes of its bodies, by the node or list of statements that is rendered in each. */
export interface Analysis {
  root: Scope;
  scopes: Map<object, Scope>;
  callees: Map<Callee, CalleeScope>;
}

/** Which filters and tests Jinja2 knows. */
export interface KnownNames {
  filter(name: string): boolean;
  test(name: string): boolean;
}

/** Decides which scope each name belongs to, and refuses what Jinja2 refuses before it renders. */
export function analyze(body: Statement[], known: KnownNames): Analysis {
  const analyzer = new Analyzer(known);
  const root = new Scope(undefined);
  root.addStatements(body);
  analyzer.walk(body, { scope: root, inLoop: false, maySkip: false });
  return { root, scopes: analyzer.scopes, callees: analyzer.callees };
}

interface Place {
  scope: Scope;
  inLoop: boolean;
  /** Under an `if`, unknown filters and tests are errors only when they are used. */
  maySkip: boolean;
}

class Analyzer {
  readonly scopes = new Map<object, Scope>();
  readonly callees = new Map<Callee, CalleeScope>();
  private readonly known: KnownNames;

  constructor(known: KnownNames) {
    this.known = known;
  }

  walk(body: Statement[], place: Place): void {
    for (const statement of body) this.statement(statement, place);
  }

  private statement(node: Statement, place: Place): void {
    const { scope } = place;
    switch (node.type) {
      case 'output':
        this.check(node.value, place);
        break;
      case 'if': {
        const inside = { ...place, maySkip: true };
        for (const { test, body } of node.branches) {
          this.check(test, inside);
          this.walk(body, inside);
        }
        this.walk(node.otherwise, inside);
        break;
      }
      case 'for':
        this.forLoop(node, place);
        break;
      case 'set':
        this.checkTarget(node.target);
        this.check(node.value, place);
        break;
      case 'set-block': {
        const inner = this.inner(node.body, scope, (own) => own.addStatements(node.body));
        this.checkTarget(node.target);
        this.check(node.filter, { ...place, scope: inner, maySkip: false });
        this.walk(node.body, { ...place, scope: inner, maySkip: false });
        break;
      }
      case 'with': {
        for (const { value } of node.assignments) this.check(value, place);
        const inner = this.inner(node.body, scope, (own) => {
          for (const { target } of node.assignments) own.addTarget(target, true);
          own.addStatements(node.body);
        });
        this.walk(node.body, { ...place, scope: inner, maySkip: false });
        break;
      }
      case 'filter-block': {
        const inner = this.inner(node.body, scope, (own) => {
          own.addStatements(node.body);
          own.addExpression(node.filter);
        });
        this.check(node.filter, { ...place, scope: inner, maySkip: false });
        this.walk(node.body, { ...place, scope: inner, maySkip: false });
        break;
      }
      case 'macro':
        this.callee(node.callee, scope);
        break;
      case 'call-block':
        this.check(node.call, place);
        this.callee(node.caller, scope);
        break;
      case 'generation':
        this.callee(node.caller, scope);
        break;
      case 'break':
      case 'continue':
        if (!place.inLoop) throw new TemplateError(`"${node.type}" is outside of a loop`, node.line);
        return;
      case 'text':
        return;
      default:
        node satisfies never;
    }
  }

  private forLoop(node: ForLoop, place: Place): void {
    const { scope } = place;
    this.check(node.iterable, place);
    const bodyScope = this.inner(node.body, scope, (own) => {
      own.declare('loop');
      own.addTarget(node.target, true);
      own.addStatements(node.body);
    });
    const otherwise = this.inner(node.otherwise, scope, (own) => own.addStatements(node.otherwise));
    if (node.test) {
      const testScope = this.inner(node.test, scope, (own) => {
        own.addTarget(node.target, true);
        own.addExpression(node.test);
      });
      this.check(node.test, { scope: testScope, inLoop: false, maySkip: false });
    }
    forbidLoop(node);
    this.walk(node.body, { scope: bodyScope, inLoop: true, maySkip: false });
    // The body of a recursive loop is a function of its own.
    const inLoop = place.inLoop && !node.recursive;
    this.walk(node.otherwise, { scope: otherwise, inLoop, maySkip: false });
  }

  private callee(callee: Callee, scope: Scope): void {
    const { parameters, body } = callee;
    const own = new Scope(scope);
    const given = (name: string) => parameters.some((parameter) => parameter.name === name);
    const mentioned = mentions(body, ['caller', 'kwargs', 'varargs']);
    for (const parameter of parameters) own.declare(parameter.name);
    for (const name of ['caller', 'kwargs', 'varargs']) if (mentioned.has(name)) own.declare(name);
    for (const parameter of parameters) own.addExpression(parameter.default);
    own.addStatements(body);
    if (mentioned.has('caller') && parameters.some(({ name, default: value }) => name === 'caller' && !value))
      throw new TemplateError('the parameter "caller" must have a default', callee.line);
    for (const parameter of parameters) this.check(parameter.default, { scope: own, inLoop: false, maySkip: false });
    this.walk(body, { scope: own, inLoop: false, maySkip: false });
    this.callees.set(callee, {
      scope: own,
      takesCaller: mentioned.has('caller'),
      takesNamed: mentioned.has('kwargs') && !given('kwargs'),
      takesMore: mentioned.has('varargs') && !given('varargs'),
    });
  }

  private inner(key: object, parent: Scope, fill: (own: Scope) => void): Scope {
    const own = new Scope(parent);
    fill(own);
    this.scopes.set(key, own);
    return own;
  }

  private check(node: Expression | undefined, place: Place): void {
    if (!node) return;
    if (node.type === 'name') {
      if (node.name === 'self' || node.name === 'super') throw new NotSupported(`the name "${node.name}"`, node.line);
      if (!place.scope.knows(node.name))
        throw new TemplateError(`Jinja2 cannot find the name "${node.name}" here`, node.line);
    }
    if ((node.type === 'filter' || node.type === 'test') && !place.maySkip && !this.known[node.type](node.name))
      throw new TemplateError(`there is no ${node.type} "${node.name}"`, node.line);
    const inside = node.type === 'conditional' ? { ...place, maySkip: true } : place;
    for (const child of childExpressions(node)) this.check(child, inside);
  }

  private checkTarget(target: Target): void {
    if (target.type === 'tuple') for (const item of target.items) this.checkTarget(item);
    if (target.type === 'member' && target.name.startsWith('_'))
      throw new TemplateError(
        `"${target.name}" cannot be set: names in a namespace must not start with "_"`,
        target.line,
      );
  }
}

/** Nothing in a loop may set the name "loop". */
function forbidLoop(loop: ForLoop): void {
  visit(loop, (node) => {
    const sets = node.type === 'for' || node.type === 'set' || node.type === 'set-block';
    if (sets && targetNames(node.target as Target).includes('loop'))
      throw new TemplateError('the name "loop" cannot be set in a loop', loop.line);
  });
}

function targetNames(target: Target): string[] {
  if (target.type === 'tuple') return target.items.flatMap(targetNames);
  return target.type === 'name' ? [target.name] : [];
}

/** Which of the names are read in the statements before something there sets them. */
function mentions(body: Statement[], names: string[]): Set<string> {
  const wanted = new Set(names);
  const found = new Set<string>();
  visit(body, (node) => {
    if (node.type === 'name' && wanted.has(node.name as string)) found.add(node.name as string);
    if ('target' in node) for (const name of targetNames(node.target as Target)) wanted.delete(name);
  });
  return found;
}

/** Calls back for every node below, in the order of the source. */
function visit(node: unknown, see: (node: Record<string, unknown>) => void): void {
  if (typeof node !== 'object' || node === null) return;
  if (!Array.isArray(node)) see(node as Record<string, unknown>);
  for (const child of Object.values(node)) visit(child, see);
}
