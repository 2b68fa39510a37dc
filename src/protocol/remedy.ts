import type { RunConfig } from './run-config.ts';

/** Any value of JSON; not checked further. */
type JsonValue = string | number | boolean | object | null;

/** What can be done about an error, as data: an editor makes quick fixes and buttons of it, a sentence gets its words from it. */
export type Remedy =
  /** The run config's model is not there: get one. */
  | { action: 'get-model' }
  /** There is no Python environment with TRL, or it lacks something: set one up. */
  | { action: 'set-up-trl' }
  /** Put the string `to` in place of the string `from` at the error's place. */
  | { action: 'edit'; from: string; to: string }
  /** Set a field of the run config, `["lora", "r"]`, to a JSON value; null removes it. */
  | { action: 'set'; path: (string | number)[]; value: JsonValue }
  /** Fix the reward at the error's place, then resume. */
  | { action: 'fix-reward' }
  /** Resume from the checkpoint of `step`; from the start where that is 0. The checkpoint of step `without` is no good and has to go first. */
  | { action: 'resume'; step: number; without?: number | undefined };

/** A change of the run config. */
export type ConfigEdit = Extract<Remedy, { action: 'set' }>;

/** The remedy that sets a field of the run config to a value. */
export const setField = (field: keyof RunConfig, value: ConfigEdit['value']): ConfigEdit => ({
  action: 'set',
  path: [field],
  value,
});

/** A remedy as the end of the error's message. */
export function remedyWords(remedy: Remedy): string {
  switch (remedy.action) {
    case 'get-model':
      return 'docs/models.md says how to get one; in VS Code, "GRPO: Get Model" helps with it.';
    case 'set-up-trl':
      return 'Run "GRPO: Set Up TRL" (`grpo setup-trl`).';
    case 'edit':
      return `Did you mean "${remedy.to}"?`;
    case 'set':
      return `${setWords(remedy)}.`;
    case 'fix-reward':
      return 'Fix the reward and continue with --resume --with-changes.';
    case 'resume': {
      const { step, without } = remedy;
      const first = without === undefined ? '' : `delete the checkpoint of step ${without} and `;
      return `Then ${first}${step > 0 ? `resume from step ${step} (--resume --with-changes)` : 'start again'}.`;
    }
    default:
      return remedy satisfies never;
  }
}

/** `Set "maxCompletionLength" to 256`: also the title of a quick fix. */
export const setWords = ({ path, value }: ConfigEdit): string =>
  value === null ? `Remove "${path.join('.')}"` : `Set "${path.join('.')}" to ${JSON.stringify(value)}`;
