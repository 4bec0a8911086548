import { createReadStream } from "node:fs";
import { Readable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import type { ProjectApi } from "./api.ts";
import { LATE_MINUTES } from "./delays.ts";
import { FLIGHTS_FILE, readFlights } from "./flights.ts";

const DATASET = "flights";
const FLIGHTS = 200_000;
const FLIGHTS_A_CHUNK = 1_000;

interface Version {
  readonly version: number;
  readonly state: string;
  readonly samples: number;
}

/** Version 1 of the dataset: the first flights, labelled by whether they were late. */
export async function loadSamples(api: ProjectApi, say: (line: string) => void): Promise<void> {
  const description = "Flights inside the USA, January to June 2001";
  await api.send("PUT", `datasets/${DATASET}`, { description });
  const { version, samples } = await seal(api, "first-flights", (path) =>
    api.upload(`${path}/samples`, "application/x-ndjson", Readable.from(flightLines())),
  );
  say(`dataset ${DATASET}, version ${version}: ${samples.toLocaleString("en")} samples`);
}

/**
 * Version 2: the Parquet file as it is, all three million flights. The file has no column to take a label from, so that
 * the samples have none; how late each was is in its attributes.
 */
export async function loadAllSamples(api: ProjectApi, say: (line: string) => void): Promise<void> {
  const { version, samples } = await seal(api, "all-flights", (path) =>
    api.upload(
      `${path}/samples?rename=created_at:date&sample_id_prefix=f`,
      "application/vnd.apache.parquet",
      createReadStream(FLIGHTS_FILE),
    ),
  );
  say(`dataset ${DATASET}, version ${version}: ${samples.toLocaleString("en")} samples`);
}

/** Begins a version, fills and seals it, unless that was done before: the key stands for it. */
async function seal(
  api: ProjectApi,
  key: string,
  fill: (path: string) => Promise<unknown>,
): Promise<Version> {
  const begun = await api.send(
    "POST",
    `datasets/${DATASET}/versions`,
    {},
    { "idempotency-key": key },
  );
  const path = `datasets/${DATASET}/versions/${(begun as Version).version}`;
  const found = (await api.send("GET", path)) as Version;
  if (found.state === "sealed") return found;
  await fill(path);
  await api.send("POST", `${path}/seal`);
  for (;;) {
    const version = (await api.send("GET", path)) as Version;
    if (version.state === "sealed") return version;
    await sleep(500);
  }
}

async function* flightLines(): AsyncGenerator<string> {
  let row = 0;
  for await (const { date, delay, distance, origin, destination } of readFlights()) {
    const last = Math.min(date.length, FLIGHTS - row);
    let lines = "";
    for (let index = 0; index < last; index += 1, row += 1) {
      const flight = {
        sample_id: `f${String(row).padStart(9, "0")}`,
        label: delay[index]! > LATE_MINUTES ? "late" : "on_time",
        created_at: date[index],
        delay: Number(delay[index]),
        distance: Number(distance[index]),
        origin: origin[index],
        destination: destination[index],
      };
      lines += `${JSON.stringify(flight)}\n`;
      if (row % FLIGHTS_A_CHUNK !== FLIGHTS_A_CHUNK - 1) continue;
      yield lines;
      lines = "";
    }
    yield lines;
    if (row === FLIGHTS) return;
  }
}
