export { freePort } from "./free-port.ts";
export { startScratchPostgres } from "./scratch-postgres.ts";
export type { ScratchPostgres } from "./scratch-postgres.ts";
