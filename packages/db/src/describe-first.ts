/**
 * Has the driver send a statement in two steps: Parse, Describe and Flush, and when the server has answered these Bind,
 * Execute and Sync. The pooler passes nothing on, and answers nothing, before it has found a server, which it keeps for
 * the statement until Sync. So `onDescribed` is called a round trip after the wait for a server is over, and before the
 * statement has begun to run.
 *
 * The driver keeps which step it is at in a property of the query that it sets to false after the first. A driver that
 * did not would never call `onDescribed`.
 */
export function describeFirst(query: object, onDescribed: () => void): void {
  let isFirst = true;
  Object.defineProperty(query, "describeFirst", {
    get: () => isFirst,
    set: (value: unknown) => {
      if (value !== false) return; // as the statement is built: what the driver would have done by itself
      isFirst = false;
      onDescribed();
    },
  });
}
