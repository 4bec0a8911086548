/** Names of what clients make and find again: tenants, projects, views, queues, datasets. They are path segments too. */
export const RESOURCE_NAME = "^[a-z0-9][a-z0-9_-]{0,62}$";

const PATTERN = new RegExp(RESOURCE_NAME);

/** Whether something can have this name. What cannot need not be looked for; PostgreSQL would refuse U+0000. */
export function isResourceName(name: string): boolean {
  return PATTERN.test(name);
}
