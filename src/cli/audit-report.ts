import { positionWords } from '../audit/position-bias.ts';
import { type AuditedFunction, type AuditReport, counts, type TriedProbe, worstOf } from '../protocol/audit-report.ts';
import { shortened } from './score-report.ts';
import { table } from './table.ts';

/** Examples of each function that are shown. */
const EXAMPLES = 5;
/** Lines about what tricks earn, and tricks named in each. */
const MOST_EARNINGS = 6;
const MOST_NAMES = 4;
const WIDTH = 60;

export function describeAudit(report: AuditReport, samplesFile: string): string {
  const rows = report.functions.map(({ name, tricks, fooled, forms, missed, milliseconds, judgesAnswers }) => [
    name,
    report.answers === 0 ? 'unknown' : judgesAnswers ? 'yes' : 'no',
    `${fooled.length} of ${tricks}`,
    `${missed.length} of ${forms}`,
    milliseconds === null ? '' : `${milliseconds.toPrecision(2)} ms`,
  ]);
  const headings = ['function', 'judges answers', 'tricks pass', 'forms missed', 'per completion'];
  const counted = `${report.probes} probes of ${report.prompts} ${report.prompts === 1 ? 'prompt' : 'prompts'} in ${samplesFile}`;
  const unknown = report.answers === 0 ? [NO_ANSWERS] : [];
  const main = report.functions.find(({ name }) => name === 'total') ?? report.functions[0];
  const sections = [
    [...table([headings, ...rows], (column) => column > 1), `  ${counted}, ${report.seconds.toFixed(1)} s`, ...unknown],
    ...report.functions.map(examplesOf),
    main ? earningsOf(main) : [],
    report.functions.flatMap(({ name, position }) => (position ? [`${positionWords(name, position)}.`] : [])),
    report.findings.map(({ message, severity }) => (severity === 'note' ? `Note: ${message}` : message)),
  ];
  return sections
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n');
}

const NO_ANSWERS =
  '  No column of the samples looks like an expected answer (such as "answer"), so wrong answers could not be tried.';

/** What tricks earn, also those that do not pass: a policy learns from partial rewards too. */
function earningsOf({ name, earns }: AuditedFunction): string[] {
  const percent = earns.map((trick) => ({ name: trick.name, percent: Math.round(100 * trick.share) }));
  const shares = [...new Set(percent.map((trick) => trick.percent))].filter((share) => share > 0);
  if (shares.length === 0) return [];
  const rows = shares.slice(0, MOST_EARNINGS).map((share) => {
    const names = percent.filter((trick) => trick.percent === share).map(({ name }) => name);
    const more = names.length > MOST_NAMES ? ` and ${names.length - MOST_NAMES} more` : '';
    return [`${share} %`, names.slice(0, MOST_NAMES).join('; ') + more];
  });
  return [`What tricks earn of an honest answer's ${name}, on average:`, ...table(rows, (column) => column === 0)];
}

function examplesOf({ name, fooled, missed }: AuditedFunction): string[] {
  const [tricks, forms] = [worstOf(fooled), worstOf(missed)];
  return [
    ...(tricks.length > 0 ? [`${name} is fooled by:`, ...shown(tricks)] : []),
    ...(forms.length > 0 ? [`${name} misses the right answer:`, ...shown(forms)] : []),
  ];
}

function shown(probes: TriedProbe[]): string[] {
  const rows = probes
    .slice(0, EXAMPLES)
    .map(({ name, line, completion, score, honest }) => [
      `line ${line}`,
      name,
      `${figure(score)} (honest: ${figure(honest)})`,
      JSON.stringify(shortened(completion, WIDTH)),
    ]);
  const more = probes.length - rows.length;
  return [...table(rows), ...(more > 0 ? [`  and ${more} more`] : [])];
}

/** Whether a share of tricks passes, or of forms is missed, that is larger than this, or a finding is more than a note. */
export const failsAbove = (report: AuditReport, share: number): boolean =>
  report.findings.some(({ severity }) => severity === 'warning') ||
  report.functions
    .filter((each) => counts(report, each))
    .some(({ tricks, fooled, forms, missed }) => fooled.length > share * tricks || missed.length > share * forms);

const figure = (score: number): string => String(Number(score.toPrecision(4)));
