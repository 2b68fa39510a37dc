/** What the host tells the dashboard's Overview tab. */
export const overviewHostMessages = [] as const;

/** What that asks of the host. */
export const overviewMessages = [] as const;
