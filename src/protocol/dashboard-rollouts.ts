/** What the host tells the dashboard's Rollouts tab. */
export const rolloutsHostMessages = [] as const;

/** What that asks of the host. */
export const rolloutsMessages = [] as const;
