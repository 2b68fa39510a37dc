/** A model that docs/models.md lists. */
export interface KnownModel {
  /** `HuggingFaceTB/SmolLM2-135M-Instruct` */
  id: string;
  name: string;
  /** What the page says of it, column by column: size, memory, licence. */
  facts: { title: string; value: string }[];
}

/** A way to get a model: its command is in the page for the first model of the list. */
export interface Way {
  title: string;
  command: string;
}

/** The page is the list: what the command offers is what stands there. Paths in its commands are relative to the run config. */
export function readModelsPage(markdown: string): { models: KnownModel[]; ways: Way[] } {
  const cells = (line: string): string[] =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim());
  const rows = markdown.split('\n').filter((line) => line.startsWith('| '));
  const titles = cells(rows[0] ?? '');
  const models = rows.flatMap((row) => {
    const [first = '', ...values] = cells(row);
    const id = /^\[([\w.-]+\/[\w.-]+)\]/.exec(first)?.[1];
    if (id === undefined) return [];
    const facts = values.map((value, i) => ({ title: titles[i + 1]!, value: value.replaceAll('`', '') }));
    return [{ id, name: id.slice(id.indexOf('/') + 1), facts }];
  });
  const ways = [...markdown.matchAll(/^### (.+)\n(?:(?!#).*\n)*?```sh\n(.+)\n```$/gm)].map(([, title, command]) => ({
    title: title!,
    command: command!,
  }));
  return { models, ways };
}

/** Where a model goes, relative to the run config: small letters, for a name that is written by hand. */
export const folderOf = ({ name }: KnownModel): string => `models/${name.toLowerCase()}`;

/** The page's command, for another model than the one it is written for. */
export const commandFor = ({ command }: Way, model: KnownModel, written: KnownModel): string =>
  command.replaceAll(written.id, model.id).replaceAll(folderOf(written), folderOf(model));
