import { positionWords } from '../audit/position-bias.ts';
import { type AuditedFunction, type AuditReport, type TriedProbe, worstOf } from '../protocol/audit-report.ts';
import { shortened } from './score-report.ts';
import { table } from './table.ts';

/** Examples of each function that are shown. */
const EXAMPLES = 5;
const WIDTH = 60;

export function describeAudit(report: AuditReport, samplesFile: string): string {
  const rows = report.functions.map(({ name, tricks, fooled, forms, missed, milliseconds, judgesAnswers }) => [
    name,
    judgesAnswers ? 'yes' : 'no',
    `${fooled.length} of ${tricks}`,
    `${missed.length} of ${forms}`,
    milliseconds === null ? '' : `${milliseconds.toPrecision(2)} ms`,
  ]);
  const headings = ['function', 'judges answers', 'tricks pass', 'forms missed', 'per completion'];
  const counted = `${report.probes} probes of ${report.prompts} ${report.prompts === 1 ? 'prompt' : 'prompts'} in ${samplesFile}`;
  const sections = [
    [...table([headings, ...rows], (column) => column > 1), `  ${counted}, ${report.seconds.toFixed(1)} s`],
    ...report.functions.map(examplesOf),
    report.functions.flatMap(({ name, position }) => (position ? [`${positionWords(name, position)}.`] : [])),
    report.findings.map(({ message }) => message),
  ];
  return sections
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n');
}

function examplesOf({ name, fooled, missed }: AuditedFunction): string[] {
  const [tricks, forms] = [worstOf(fooled), worstOf(missed)];
  return [
    ...(tricks.length > 0 ? [`${name} rewards what is no answer:`, ...shown(tricks)] : []),
    ...(forms.length > 0 ? [`${name} does not reward a right answer in another form:`, ...shown(forms)] : []),
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

/** Whether a share of tricks passes, or of forms is missed, that is larger than this, or anything was found. */
export const failsAbove = ({ functions, findings }: AuditReport, share: number): boolean =>
  findings.length > 0 ||
  functions.some(
    ({ tricks, fooled, forms, missed }) => fooled.length > share * tricks || missed.length > share * forms,
  );

const figure = (score: number): string => String(Number(score.toPrecision(4)));
