import { randomInt } from 'node:crypto';
import { basename, dirname } from 'node:path';
import { window, workspace } from 'vscode';
import { reasonIn } from '../../processes/reason-in.ts';
import { badInputText } from '../../protocol/errors.ts';
import { countReplaceable, type NewSample } from '../../protocol/sample-edits.ts';
import { parseExact, withExact } from '../../text/exact-json.ts';
import { configName } from '../../text/files-by-name.ts';
import type { Lab } from '../lab.ts';
import { addSamples, showSample } from '../workspace/add-samples.ts';
import { textOf } from '../workspace/documents.ts';
import type { CommandExit } from '../workspace/grpo-command.ts';
import { pickConfig } from '../workspace/pick-config.ts';
import { placeToOpen } from '../workspace/problem-place.ts';
import { samplesFile, writableSamples } from '../workspace/samples-file.ts';
import { mayRunCode } from '../workspace/trust.ts';
import { runWithProgress } from './run-with-progress.ts';

const TITLE = 'GRPO: Generate Samples';
const DEFAULT = '4';
const MOST = 1000;

interface Wanted {
  config: string;
  prompts: number;
  completions: number;
}

/** Lets a run config's model answer prompts of its dataset, and adds the answers to its samples. `given`: a config's Uri or path. */
export async function generateSamples(lab: Lab, given?: unknown): Promise<void> {
  if (!mayRunCode('Generating samples', 'it loads a model that this workspace chooses')) return;
  const config = await pickConfig(given, TITLE);
  if (config === undefined) return;
  // Before the model works for nothing.
  const place = await samplesFile(config);
  await writableSamples(place, config);
  const replacing = await askReplace(place);
  if (replacing === undefined) return;
  const prompts = await askCount('How many prompts? (1 of 2)');
  if (prompts === undefined) return;
  const completions = await askCount('Completions per prompt (2 of 2)');
  if (completions === undefined) return;
  // What is on the screen is what is checked.
  await workspace.saveAll(false);
  lab.problems.clear(config);
  const samples = await generated(lab, { config, prompts, completions });
  if (!samples || samples.length === 0) return;
  const { file, line, added, removed } = await addSamples(config, samples, { replacing });
  await showSample(file, line);
  const already = samples.length - added;
  const instead = removed > 0 ? ` in place of ${removed}` : '';
  window.setStatusBarMessage(
    `${added} samples added${instead}${already > 0 ? `, ${already} already existed` : ''}`,
    5000,
  );
}

/** Whether new samples replace those that were generated before, if there are some; undefined when it was dismissed. */
async function askReplace(file: string): Promise<boolean | undefined> {
  const before = countReplaceable(await textOf(file));
  if (before === 0) return false;
  const items = [
    {
      label: before === 1 ? 'Replace the generated sample' : `Replace the ${before} generated samples`,
      detail: 'Samples written by hand, and those with expectations, stay',
      replacing: true,
    },
    { label: 'Add to them', detail: 'All samples stay', replacing: false },
  ];
  const placeHolder = `${basename(file)} has samples that were generated before`;
  return (await window.showQuickPick(items, { title: TITLE, placeHolder, ignoreFocusOut: true }))?.replacing;
}

async function askCount(prompt: string): Promise<number | undefined> {
  const answer = await window.showInputBox({
    title: TITLE,
    prompt,
    value: DEFAULT,
    ignoreFocusOut: true,
    validateInput: (text) =>
      /^[1-9]\d*$/.test(text.trim()) && Number(text) <= MOST ? undefined : `Enter a whole number from 1 to ${MOST}`,
  });
  return answer === undefined ? undefined : Number(answer);
}

/** The samples; of a canceled command, those that the user wants to keep; undefined when it failed and said so. */
async function generated(lab: Lab, { config, prompts, completions }: Wanted): Promise<NewSample[] | undefined> {
  const samples: NewSample[] = [];
  let total = prompts * completions;
  let reported = 0;
  // Other prompts and other answers each time.
  const seed = String(randomInt(2 ** 32));
  const { exit, cancelled } = await runWithProgress(lab.context, {
    title: `Generating samples with ${configName(config)}`,
    args: ['samples', config, '--prompts', String(prompts), '--n', String(completions), '--seed', seed],
    cwd: dirname(config),
    begin: `0 of ${total}, loading model first`,
    onLine(line) {
      const row = withExact(parseExact(line) as Record<string, unknown>);
      const { prompt, completion, ...columns } = row as NewSample & Record<string, unknown>;
      samples.push({ prompt, completion, columns, generated: true });
    },
    onProgress({ done, of, loads }, progress) {
      // The dataset may have fewer prompts than were asked for.
      total = of;
      const message = loads ? `0 of ${of}, loading model first` : `${done} of ${of}`;
      progress.report({ message, increment: (100 * (done - reported)) / of });
      reported = done;
    },
  });
  if (cancelled) return samples.length > 0 && (await keepsSome(samples.length, total)) ? samples : undefined;
  if (exit.ok) return samples;
  await reportFailure(lab, exit, config);
  return undefined;
}

async function keepsSome(done: number, of: number): Promise<boolean> {
  const keep = done === 1 ? 'Add It' : `Add ${done}`;
  const question = `Canceled after ${done} of ${of} samples. Add ${done === 1 ? 'it' : 'them'} to the samples file?`;
  return (await window.showInformationMessage(question, keep)) === keep;
}

async function reportFailure({ log, problems }: Lab, exit: CommandExit, config: string): Promise<void> {
  const { problem, lastWords } = exit;
  log.error(lastWords);
  if (problem?.place) void problems.report(problem, config);
  const place = problem && placeToOpen(problem);
  const why = problem ? badInputText(problem) : reasonIn(lastWords);
  const action = await window.showErrorMessage(`No samples were generated: ${why}`, ...(place ? ['Open'] : []));
  if (action === 'Open') await problems.open(place);
}
