export {
  type Order,
  type OrderOptions,
  type OrdinalRange,
  openOrder,
  type Shuffle,
} from "./order.ts";
export { ALGORITHM } from "./permutation.ts";
export { type Batching, ordinalsOf, type Slice, Steps, type Tail } from "./steps.ts";
export { type Worker, workerSteps } from "./worker-steps.ts";
