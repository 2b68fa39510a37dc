import type { RunStage } from '../config/run-stages.ts';
import type { WrittenStage } from '../config/stage-fields.ts';
import { type Demonstration, loadDemonstrations } from '../data/demonstrations.ts';
import { holdOut } from '../data/held-out.ts';
import { hasChatTemplate } from '../model/tokenizer/tokenizer.ts';
import { BadInput } from '../protocol/errors.ts';
import type { RunConfig } from '../protocol/run-config.ts';
import { stageDataset } from '../run-folder/run-folder.ts';
import { DemonstrationList } from './demonstration-list.ts';
import { loadRows, type RunRows } from './load-rows.ts';
import type { OpenedModel } from './prepare.ts';

/** Whether a stage reads other rows than the run, or reads them otherwise. */
export const hasOwnRows = (written: WrittenStage): boolean =>
  (['dataset', 'prompt', 'columns', 'maxRows'] as const).some((field) => written[field] !== undefined);

/** Of a dataset of its own nothing is held out, and solve rates are not of it. */
function ownConfig({ loaded, written }: RunStage): RunConfig {
  const { config } = loaded;
  if (written?.dataset === undefined) return { ...config, evalDataset: null };
  return { ...config, evalDataset: null, evalSplit: null, difficulty: null };
}

export const ownRows = (stage: RunStage): Promise<RunRows> => loadRows({ ...stage.loaded, config: ownConfig(stage) });

/** What a supervised stage learns from. Throws BadInput for what is wrong with it; of what an earlier stage writes, once it is read. */
export async function demonstrationsOf(
  stage: RunStage,
  planned: readonly RunStage[],
  { model, tokenizer }: OpenedModel,
  onNote: (note: string) => void,
): Promise<((run: string) => Promise<DemonstrationList>) | undefined> {
  const { written, loaded } = stage;
  if (written?.kind !== 'sft' && written?.kind !== 'distill') return undefined;
  const { locate } = loaded;
  const { dataset, prompt, columns, maxRows, evalSplit, seed, chatTemplateKwargs, promptsPerStep } = ownConfig(stage);
  const { gradientAccumulationSteps } = loaded.config;
  if (promptsPerStep % gradientAccumulationSteps !== 0)
    throw new BadInput(
      `"gradientAccumulationSteps" must divide the ${promptsPerStep} demonstrations of a step of the stage "${stage.name}" into equal parts.`,
      locate(['gradientAccumulationSteps']),
    );
  const read = async (named: string | string[], at = locate(['dataset'])) => {
    const place = { named, at, most: maxRows ?? undefined, onNote, placeOf: locate };
    const isChat = () => hasChatTemplate(loaded.config.model);
    return loadDemonstrations({ ...place, isChat }, { prompt, columns, completion: written.completion });
  };
  const listOf = (rows: Demonstration[]) => {
    const limits = { model, maxLength: written.maxLength, templateVariables: chatTemplateKwargs };
    const list = new DemonstrationList(rows, tokenizer, limits, locate(['maxLength']));
    if (list.note !== undefined) onNote(list.note);
    return list;
  };
  if (written.from !== undefined) {
    const source = planned.find(({ name }) => name === written.from)!;
    return async (run) => listOf(await read(stageDataset(run, source.number), locate(['from'])));
  }
  const rows = await read(dataset);
  const list = listOf(evalSplit === null ? rows : holdOut(rows, evalSplit, seed, locate(['evalSplit'])).train);
  return async () => list;
}

/** What a stage adds to the completions that it keeps. */
export function loadMix(
  { loaded }: RunStage,
  { dataset, prompt, completion, maxRows }: NonNullable<Extract<WrittenStage, { kind: 'rejection' }>['mix']>,
): Promise<Demonstration[]> {
  const placeOf = (path: (string | number)[]) => loaded.locate(['mix', ...path]);
  const place = { named: dataset, at: placeOf(['dataset']), most: maxRows ?? undefined, placeOf };
  return loadDemonstrations(place, { prompt, columns: null, completion });
}
