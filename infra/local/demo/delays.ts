import type { FlightColumns } from "./flights.ts";

/** A flight is late when it arrives more than this many minutes after its time, as airlines count. */
export const LATE_MINUTES = 15;

/** What is known of the flights from one airport, or over one route. */
export interface Delays {
  readonly flights: number;
  /** Minutes. */
  readonly mean_delay: number;
  /** From 0 to 1. */
  readonly late_share: number;
  readonly last_flight_at: Date;
}

interface Tally {
  flights: number;
  minutes: number;
  late: number;
  last: number;
}

/** Sums up flights by route, batch by batch; airports are the sums of their routes. */
export class DelayTally {
  readonly #routes = new Map<string, Map<string, Tally>>();
  #flights = 0;

  get flights(): number {
    return this.#flights;
  }

  add({ date, delay, origin, destination }: Omit<FlightColumns, "distance">): void {
    for (const [index, from] of origin.entries()) {
      const tally = this.#tallyOf(from, destination[index] ?? "");
      const minutes = Number(delay[index] ?? 0n);
      const at = date[index]?.getTime() ?? 0;
      addTo(tally, { flights: 1, minutes, late: minutes > LATE_MINUTES ? 1 : 0, last: at });
    }
    this.#flights += origin.length;
  }

  /** By airport of departure. */
  airports(): Map<string, Delays> {
    const sums = [...this.#routes].map(([origin, routes]): [string, Delays] => {
      const sum = newTally();
      for (const tally of routes.values()) addTo(sum, tally);
      return [origin, delaysOf(sum)];
    });
    return new Map(sums);
  }

  /** By origin and destination, parted by a space. */
  routes(): Map<string, Delays> {
    const routes = [...this.#routes].flatMap(([origin, destinations]) =>
      [...destinations].map(([destination, tally]): [string, Delays] => [
        `${origin} ${destination}`,
        delaysOf(tally),
      ]),
    );
    return new Map(routes);
  }

  #tallyOf(origin: string, destination: string): Tally {
    let destinations = this.#routes.get(origin);
    if (destinations === undefined)
      this.#routes.set(origin, (destinations = new Map<string, Tally>()));
    let tally = destinations.get(destination);
    if (tally === undefined) destinations.set(destination, (tally = newTally()));
    return tally;
  }
}

function newTally(): Tally {
  return { flights: 0, minutes: 0, late: 0, last: Number.NEGATIVE_INFINITY };
}

function addTo(sum: Tally, { flights, minutes, late, last }: Tally): void {
  sum.flights += flights;
  sum.minutes += minutes;
  sum.late += late;
  sum.last = Math.max(sum.last, last);
}

function delaysOf({ flights, minutes, late, last }: Tally): Delays {
  return {
    flights,
    mean_delay: minutes / flights,
    late_share: late / flights,
    last_flight_at: new Date(last),
  };
}
