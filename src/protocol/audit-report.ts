/** What an audit found out about reward functions; `grpo audit --json` prints it. */

/** A completion that was tried, and what it earned. */
export interface TriedProbe {
  kind: 'trick' | 'form';
  name: string;
  /** The line of the prompt's sample. */
  line: number;
  completion: string;
  score: number;
  /** What the prompt's honest answer earned. */
  honest: number;
}

export interface AuditedFunction {
  /** A function's name, or "total": the weighted sum. */
  name: string;
  /** Whether it gives an honest answer more than one with another prompt's answer in it: format and length rewards do not. */
  judgesAnswers: boolean;
  /** Tricks that were tried, and those that earned at least nine tenths of an honest answer. */
  tricks: number;
  fooled: TriedProbe[];
  /** Forms of the honest answer that were tried, and those that earned less. */
  forms: number;
  missed: TriedProbe[];
  /** Milliseconds for each completion. */
  milliseconds: number | null;
}

export type AuditFindingKind =
  | 'constant'
  | 'no-honest-answer'
  | 'without-task'
  | 'same-as-another'
  | 'dominates'
  | 'not-deterministic'
  | 'depends-on-order'
  | 'failed';

export interface AuditFinding {
  kind: AuditFindingKind;
  /** The function that it is about. */
  name: string;
  /** One sentence. */
  message: string;
}

export interface AuditReport {
  prompts: number;
  probes: number;
  seconds: number;
  functions: AuditedFunction[];
  findings: AuditFinding[];
}
