export { WORKLOADS, loadWorkloads, parseWorkloads } from "./workloads.ts";
export type { WorkloadName, Workloads } from "./workloads.ts";
export { DATABASE, selectProfile } from "./profile.ts";
export type { Profile, WorkloadSettings } from "./profile.ts";
export { assertBudget, proveBudget } from "./budget.ts";
export type { Budget, BudgetSide, BudgetTerm } from "./budget.ts";
export { renderRoleSettings, roleSettings } from "./role-settings.ts";
export type { RoleSettings } from "./role-settings.ts";
