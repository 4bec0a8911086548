/** Names of tenants and projects, which are also path segments. */
const NAME = /^[a-z0-9][a-z0-9_-]{0,62}$/;

/** Whether a text may be the name of a tenant or a project. */
export function isName(text: string): boolean {
  return NAME.test(text);
}
