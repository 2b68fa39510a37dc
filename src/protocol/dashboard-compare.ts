/** What the host tells the dashboard's Compare tab. */
export const compareHostMessages = [] as const;

/** What that asks of the host. */
export const compareMessages = [] as const;
