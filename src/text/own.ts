/** A field of the record's own. Names are the user's: `record["constructor"]` would give what every object inherits. */
export const own = <T>(record: Readonly<Record<string, T>> | null | undefined, name: string): T | undefined =>
  record && Object.hasOwn(record, name) ? record[name] : undefined;
