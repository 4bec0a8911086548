export {
  type Instant,
  instantOf,
  parseInstant,
  toEpochSeconds,
  toMilliseconds,
} from "./instant.ts";
export { InvalidValue, show } from "./invalid-value.ts";
