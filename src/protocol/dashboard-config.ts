/** What the host tells the dashboard's Config tab. */
export const configHostMessages = [] as const;

/** What that asks of the host. */
export const configMessages = [] as const;
