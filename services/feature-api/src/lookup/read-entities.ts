import type { Queryable } from "../views/queries.ts";
import { type EntityAddress, type EntityRow, findRows } from "./queries.ts";

/** Reads entities of a project: one row, or undefined, for each address in its order. */
export type ReadEntities = (
  projectId: string,
  addresses: readonly EntityAddress[],
) => Promise<(EntityRow | undefined)[]>;

/** A reader that sends one statement a call, in which each distinct address is read once. */
export function entityReader(db: Queryable): ReadEntities {
  return async (projectId, addresses) => {
    const distinct = new Map<string, number>();
    const wanted: EntityAddress[] = [];
    const places = addresses.map((address) => {
      const id = `${address.viewId} ${address.entityKey}`;
      const place = distinct.get(id) ?? wanted.push(address) - 1;
      distinct.set(id, place);
      return place;
    });
    if (wanted.length === 0) return [];
    const rows = new Array<EntityRow | undefined>(wanted.length);
    for (const row of await findRows(db, projectId, wanted)) rows[row.position] = row;
    return places.map((place) => rows[place]);
  };
}
