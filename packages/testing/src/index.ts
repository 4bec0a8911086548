export { freePort } from "./free-port.ts";
export { startScratchPostgres } from "./scratch-postgres.ts";
export type { ScratchAddress, ScratchPostgres } from "./scratch-postgres.ts";
