export { freePort, freePortBase } from "./free-port.ts";
export { readStack } from "./read-stack.ts";
export type { Stack } from "./read-stack.ts";
export { startScratchPostgres } from "./scratch-postgres.ts";
export type { ScratchAddress, ScratchPostgres } from "./scratch-postgres.ts";
export { uniqueProject } from "./unique-project.ts";
export type { TestProject } from "./unique-project.ts";
export { type ScratchDatabase, openScratchDatabase } from "./scratch-database.ts";
export { makeSealedVersion, type SealedVersion, vacuumSamples } from "./sealed-version.ts";
