import { type CallOptions, type CoalesceMeter, ReadCoalescer } from "@sluice/coalesce";
import { SluiceError } from "@sluice/errors";
import { currentContext } from "@sluice/telemetry";
import type { Queryable } from "../views/queries.ts";
import {
  type EntityAddress,
  type EntityRow,
  findRow,
  findRows,
  type FoundRows,
  type ViewEntities,
} from "./queries.ts";

/** Reads the rows of entities of a project. */
export interface EntityReader {
  /** One row. Requests that ask at about the same time share a statement. */
  readonly one: (projectId: string, address: EntityAddress) => Promise<EntityRow | undefined>;
  /** The rows of each view's entities by one statement. */
  readonly many: (projectId: string, wanted: readonly ViewEntities[]) => Promise<FoundRows[]>;
}

/** Enough for all that arrives during one statement; larger ones would delay the first of their callers. */
const MAX_BATCH = 500;
/** One being answered by PostgreSQL while the rows of the other are encoded. */
const MAX_IN_FLIGHT = 2;

/** Single reads share statements within a project only: nobody's rows are read by the right of somebody else. */
export function entityReader(db: Queryable, meter: CoalesceMeter): EntityReader {
  const coalescers = new Map<string, ReadCoalescer<EntityAddress, EntityRow | undefined>>();
  const coalescerOf = (projectId: string): ReadCoalescer<EntityAddress, EntityRow | undefined> => {
    let coalescer = coalescers.get(projectId);
    if (coalescer === undefined) {
      coalescer = coalesceReads(db, projectId, meter, () => coalescers.delete(projectId));
      coalescers.set(projectId, coalescer);
    }
    return coalescer;
  };
  return {
    one: (projectId, address) => coalescerOf(projectId).load(address, callerOf()),
    many: (projectId, wanted) => findRows(db, projectId, wanted),
  };
}

function coalesceReads(
  db: Queryable,
  projectId: string,
  meter: CoalesceMeter,
  onIdle: () => void,
): ReadCoalescer<EntityAddress, EntityRow | undefined> {
  return new ReadCoalescer({
    id: ({ viewId, entityKey }) => `${viewId} ${entityKey}`,
    maxBatch: MAX_BATCH,
    maxInFlight: MAX_IN_FLIGHT,
    isShared: (error) => error instanceof SluiceError,
    onBatch: (size) => meter.sent(size),
    onIdle,
    read: (wanted, options) => readTogether(db, projectId, wanted, options),
  });
}

async function readTogether(
  db: Queryable,
  projectId: string,
  addresses: readonly EntityAddress[],
  options: CallOptions,
): Promise<(EntityRow | undefined)[]> {
  const [first] = addresses;
  if (first !== undefined && addresses.length === 1)
    return [await findRow(db, projectId, first, options)];
  const byView = Map.groupBy(addresses, ({ viewId }) => viewId);
  const wanted = [...byView].map(([viewId, group]) => ({
    viewId,
    entityKeys: group.map(({ entityKey }) => entityKey),
  }));
  const found = await findRows(db, projectId, wanted, options);
  const rows = new Map(wanted.map(({ viewId }, index) => [viewId, found[index]]));
  return addresses.map(({ viewId, entityKey }) => rows.get(viewId)?.get(entityKey));
}

function callerOf(): CallOptions {
  const context = currentContext();
  return { signal: context?.signal, deadline: context?.deadline, span: context?.span };
}
