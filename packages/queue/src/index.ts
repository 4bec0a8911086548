export type { Kinds, Task } from "./task.ts";
export { type Schedule, TaskQueue, type TaskQueueOptions } from "./task-queue.ts";
export {
  type Handler,
  type Handlers,
  type HandledTask,
  TaskWorker,
  type TaskWorkerOptions,
} from "./task-worker.ts";
