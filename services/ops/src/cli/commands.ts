import type { Command } from "./command.ts";
import { budget } from "./commands/budget.ts";
import { doctor } from "./commands/doctor.ts";
import { keysCreate } from "./commands/keys-create.ts";
import { keysList } from "./commands/keys-list.ts";
import { keysRevoke } from "./commands/keys-revoke.ts";
import { keysRotate } from "./commands/keys-rotate.ts";
import { maintenance } from "./commands/maintenance.ts";
import { migrateCommand } from "./commands/migrate.ts";
import { plan } from "./commands/plan.ts";
import { projectsCreate } from "./commands/projects-create.ts";
import { projectsList } from "./commands/projects-list.ts";
import { quotasGet } from "./commands/quotas-get.ts";
import { quotasSet } from "./commands/quotas-set.ts";
import { scale } from "./commands/scale.ts";
import { tenantsCreate } from "./commands/tenants-create.ts";
import { tenantsList } from "./commands/tenants-list.ts";

/** In the order in which the help lists them. */
export const COMMANDS: readonly Command[] = [
  tenantsCreate,
  tenantsList,
  projectsCreate,
  projectsList,
  keysCreate,
  keysList,
  keysRotate,
  keysRevoke,
  quotasGet,
  quotasSet,
  migrateCommand,
  budget,
  scale,
  plan,
  doctor,
  maintenance,
];
