export { ConfigError, type ConfigFault } from "./config-error.ts";
export { type Environment, parseConfig } from "./parse-config.ts";
