import { turnFields, turnsOf } from './turns.ts';

export const isConversation = (value: unknown): boolean => turnFields(value) !== undefined;

interface UserTurn {
  /** Whether the rows' last turn is the assistant's. */
  ends: 'always' | 'sometimes' | 'never';
  /** A template for the text of the first user turn. */
  template: string;
  /** One for the system message, where every row begins with one. */
  system: string | undefined;
  /** Some rows have more than one user turn. */
  several: boolean;
  /** With `role` and `content`, as chat templates take them. */
  hasRoles: boolean;
}

/** What the conversations of a column have in common. */
export function firstUserTurn(values: readonly unknown[], column: string): UserTurn {
  const conversations = values.flatMap((value) => {
    const turns = turnsOf(value);
    return turns ? [turns] : [];
  });
  const fields = values.map(turnFields).find((found) => found !== undefined)!;
  const answered = conversations.filter((turns) => turns.at(-1)!.role === 'assistant').length;
  const places = new Set(conversations.map((turns) => turns.findIndex(({ role }) => role === 'user')));
  const [place] = places;
  const at = (index: number) => `{{ ${column}[${index}].${fields.content} }}`;
  const user = fields.role === 'role' ? 'user' : 'human';
  const search = `{{ (${column} | selectattr("${fields.role}", "equalto", "${user}") | first).${fields.content} }}`;
  const begins = conversations.every((turns) => turns[0]!.role === 'system');
  return {
    ends: answered === 0 ? 'never' : answered === conversations.length ? 'always' : 'sometimes',
    template: places.size === 1 && place! >= 0 ? at(place!) : search,
    system: begins ? at(0) : undefined,
    several: conversations.some((turns) => turns.filter(({ role }) => role === 'user').length > 1),
    hasRoles: fields.role === 'role',
  };
}
