/** Settings of the stacks that tests run against. */
export const STACK_ENV: Readonly<NodeJS.ProcessEnv> = {
  // What fails eight times is given up within two seconds instead of minutes.
  SLUICE_OUTBOX_BACKOFF_MS: "10",
};
