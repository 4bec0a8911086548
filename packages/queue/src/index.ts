export type { Kinds, Task } from "./task.ts";
export { TaskQueue, type TaskQueueOptions } from "./task-queue.ts";
export {
  type Handlers,
  type HandledTask,
  TaskWorker,
  type TaskWorkerOptions,
} from "./task-worker.ts";
