import { type CallOptions, type CoalesceMeter, ReadCoalescer } from "@sluice/coalesce";
import { SluiceError } from "@sluice/errors";
import { currentContext } from "@sluice/telemetry";
import type { Queryable } from "../views/queries.ts";
import { type EntityAddress, type EntityRow, findRows } from "./queries.ts";

/** Reads entities of a project: one row, or undefined, for each address in its order. */
export type ReadEntities = (
  projectId: string,
  addresses: readonly EntityAddress[],
) => Promise<(EntityRow | undefined)[]>;

/** Enough for all that arrives during one statement; larger ones would delay the first of their callers. */
const MAX_BATCH = 500;
/** One being answered by PostgreSQL while the rows of the other are encoded. */
const MAX_IN_FLIGHT = 2;

/**
 * A reader that sends one statement for many addresses, and one for the single addresses of many requests. Those
 * share statements within a project only: nobody's rows are read by the right of somebody else.
 */
export function entityReader(db: Queryable, meter: CoalesceMeter): ReadEntities {
  const coalescers = new Map<string, ReadCoalescer<EntityAddress, EntityRow | undefined>>();
  const coalescerOf = (projectId: string): ReadCoalescer<EntityAddress, EntityRow | undefined> => {
    let coalescer = coalescers.get(projectId);
    if (coalescer === undefined) {
      coalescer = coalesceReads(db, projectId, meter, () => coalescers.delete(projectId));
      coalescers.set(projectId, coalescer);
    }
    return coalescer;
  };
  return async (projectId, addresses) => {
    const [address] = addresses;
    if (address === undefined) return [];
    if (addresses.length > 1) return readTogether(db, projectId, addresses);
    return [await coalescerOf(projectId).load(address, callerOf())];
  };
}

function coalesceReads(
  db: Queryable,
  projectId: string,
  meter: CoalesceMeter,
  onIdle: () => void,
): ReadCoalescer<EntityAddress, EntityRow | undefined> {
  return new ReadCoalescer({
    id: addressId,
    maxBatch: MAX_BATCH,
    maxInFlight: MAX_IN_FLIGHT,
    isShared: (error) => error instanceof SluiceError,
    onBatch: (size) => meter.sent(size),
    onIdle,
    read: (wanted, options) => readTogether(db, projectId, wanted, options),
  });
}

/** Each distinct address is read once. */
async function readTogether(
  db: Queryable,
  projectId: string,
  addresses: readonly EntityAddress[],
  options: CallOptions = {},
): Promise<(EntityRow | undefined)[]> {
  const distinct = new Map<string, number>();
  const wanted: EntityAddress[] = [];
  const places = addresses.map((address) => {
    const id = addressId(address);
    const place = distinct.get(id) ?? wanted.push(address) - 1;
    distinct.set(id, place);
    return place;
  });
  const rows = new Array<EntityRow | undefined>(wanted.length);
  for (const row of await findRows(db, projectId, wanted, options)) rows[row.position] = row;
  return places.map((place) => rows[place]);
}

function addressId({ viewId, entityKey }: EntityAddress): string {
  return `${viewId} ${entityKey}`;
}

function callerOf(): CallOptions {
  const context = currentContext();
  return { signal: context?.signal, deadline: context?.deadline };
}
