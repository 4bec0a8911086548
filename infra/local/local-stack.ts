import type { Sql } from "postgres";
import { DirectConnection } from "./direct-connection.ts";
import type { Home } from "./home.ts";
import { ensureKeys } from "./keys.ts";
import type { PartSpec } from "./part-spec.ts";
import { Part } from "./part.ts";
import { consoleUrl, databasesFile, pgbouncerPart, workloadUrls } from "./pgbouncer.ts";
import { CONTROL_TOKEN, makePlan, type Plan, settingsFrom } from "./plan.ts";
import { assertPortsFree } from "./ports.ts";
import { postgresPart, postgresUrl, prepareDatabase } from "./postgres.ts";
import { Records } from "./records.ts";
import { redisPart, redisUrl } from "./redis.ts";
import { servicePart } from "./service.ts";
import { SERVICES } from "./services.ts";
import { endStaleParts } from "./stale-parts.ts";
import { removeState } from "./state-file.ts";

/** All parts of one home: started in the order of their needs, kept running, stopped in reverse. */
export class LocalStack {
  readonly #home: Home;
  readonly #env: NodeJS.ProcessEnv;
  readonly #say: (line: string) => void;
  readonly #records: Records;
  readonly #parts: Part[] = [];
  readonly #stopping = new AbortController();
  #direct: DirectConnection | undefined;
  #stopped: Promise<void> | undefined;

  constructor(home: Home, env: NodeJS.ProcessEnv, say: (line: string) => void) {
    this.#home = home;
    this.#env = env;
    this.#say = say;
    this.#records = new Records(home);
  }

  /** Resolves when every part serves. @throws PartFailedError, or an Error that says what to do */
  async start(): Promise<void> {
    const stale = await endStaleParts(this.#home);
    if (stale.length > 0)
      this.#say(`ended what an earlier supervisor left running: ${stale.join(", ")}`);
    await assertPortsFree(settingsFrom(this.#env).ports);
    const plan = await makePlan(this.#home, this.#env, this.#say);
    const server = await this.#startPostgres(plan);
    await this.#startPooling(plan);
    await this.#startServices(plan, server);
  }

  /** Stops all parts, the last started first. Safe to call again, and while `start` is running. */
  stop(): Promise<void> {
    return (this.#stopped ??= this.#stopAll());
  }

  /** Ends all parts at once. `stop` then resolves soon. */
  force(): void {
    for (const part of this.#parts) part.force();
  }

  async #startPostgres(plan: Plan): Promise<Sql> {
    const { cluster } = plan.postgres;
    this.#say(`PostgreSQL ${cluster.binaries.major} on port ${plan.ports.postgres}`);
    const direct = (this.#direct = new DirectConnection(postgresUrl(plan.postgres, "postgres")));
    await this.#run(await postgresPart(plan.postgres, direct));
    const server = await direct.ready(this.#stopping.signal);
    await prepareDatabase(plan.postgres, server, this.#say);
    return server;
  }

  async #startPooling({ ports, redis, pgbouncer }: Plan): Promise<void> {
    const { major, minor } = pgbouncer.program.version;
    this.#say(
      `PgBouncer ${major}.${minor} on port ${ports.pgbouncer}, Redis on port ${ports.redis}`,
    );
    await this.#run(redisPart(redis));
    await this.#run(pgbouncerPart(pgbouncer));
  }

  async #startServices(plan: Plan, server: Sql): Promise<void> {
    const { ports, profile, secrets } = plan;
    const urls = workloadUrls(plan);
    const keys = await ensureKeys(secrets, server, urls.admin, profile);
    const options = {
      home: this.#home,
      ports,
      profile,
      urls,
      redisUrl: redisUrl(plan.redis),
      consoleUrl: consoleUrl(plan),
      databasesFile: databasesFile(plan.pgbouncer.place),
      controlToken: secrets.password(CONTROL_TOKEN).password,
    };
    for (const entry of SERVICES) {
      const port = ports.services[entry.name];
      this.#say(`${entry.name} on port ${port?.public ?? port?.internal}`);
      await this.#run(servicePart(entry, options));
    }
    await this.#records.setReady({
      ports,
      secrets,
      keys,
      workloadUrls: urls,
      redisUrl: options.redisUrl,
      databasesFile: options.databasesFile,
    });
  }

  async #run(spec: PartSpec): Promise<void> {
    this.#stopping.signal.throwIfAborted();
    const part = new Part(spec, {
      onPid: (pid) => this.#records.setPid(spec, pid),
      onNews: this.#say,
    });
    this.#parts.push(part);
    await part.start();
  }

  async #stopAll(): Promise<void> {
    this.#stopping.abort(new Error("The stack is being stopped."));
    await this.#records.setPhase("stopping");
    await this.#direct?.close();
    for (const part of this.#parts.toReversed()) {
      this.#say(`stopping ${part.spec.name}`);
      await part.stop();
    }
    await this.#records.settled();
    await removeState(this.#home);
  }
}
