import { type ImportProject, importProject } from "../../integration/import-project.ts";
import { openSuperuser } from "../../integration/open-database.ts";
import type { Bed } from "../bed/bed.ts";
import { type Answered, startLoad } from "../load.ts";
import { type Checker, CLIENT_TIMEOUT_MS } from "./checker.ts";
import { faultsOfVersion, type SealedUpload, type StoredPart } from "./sealed-upload.ts";

const PARTS = 4;
const ROWS = 200;
/** Every second part that was not acknowledged is given up instead of sent again. */
const GIVE_UP_EVERY = 2;

/** What an importer works on: its draft, and how far it came. */
interface Draft {
  readonly path: string;
  readonly version: number;
  /** Whether each part so far was acknowledged. */
  readonly acknowledged: boolean[];
}

/**
 * A sealed version has each acknowledged part whole and once, and each that was given up whole and once or not at all;
 * the number of samples that sealing tells is theirs.
 */
export async function checkImportParts(bed: Bed): Promise<Checker> {
  const project = await importProject();
  const imports = new Imports(project, () => bed.origin("data-loader"));
  const load = startLoad(2, (client) => imports.next(client), 100);
  const finish = async (): Promise<readonly string[]> => {
    await load.stop();
    const stored = await storedParts(project.project);
    return imports.sealed.flatMap((upload) => faultsOfVersion(upload, stored, ROWS));
  };
  // data-loader is probed by the readers of plans.
  return { loads: { imports: load }, probes: {}, finish };
}

class Imports {
  readonly sealed: SealedUpload[] = [];
  readonly #project: ImportProject;
  readonly #origin: () => string;
  readonly #drafts = new Map<number, Draft>();
  /** The Idempotency-Key with which each client begins its next version. */
  readonly #keys = new Map<number, string>();
  #begun = 0;
  #unacknowledged = 0;

  constructor(project: ImportProject, origin: () => string) {
    this.#project = project;
    this.#origin = origin;
  }

  /** The next request of a client: begins a version, uploads a part, or seals. */
  next(client: number): Promise<Answered> {
    const draft = this.#drafts.get(client);
    if (draft === undefined) return this.#begin(client);
    if (draft.acknowledged.length < PARTS) return this.#upload(draft);
    return this.#seal(client, draft);
  }

  async #begin(client: number): Promise<Answered> {
    const key = this.#keys.get(client) ?? `begin-${(this.#begun += 1)}`;
    this.#keys.set(client, key);
    const path = `/datasets/${this.#project.dataset}/versions`;
    const answer = await this.#project.send(
      "POST",
      path,
      {},
      {
        headers: { "idempotency-key": key },
        ...this.#options(),
      },
    );
    if (answer.status !== 201) return answer;
    const { version } = answer.json();
    this.#keys.delete(client);
    this.#drafts.set(client, { path: `${path}/${version}`, version, acknowledged: [] });
    return answer;
  }

  async #upload({ path, version, acknowledged }: Draft): Promise<Answered> {
    const part = acknowledged.length;
    const rows = Array.from({ length: ROWS }, (_, row) =>
      JSON.stringify({ sample_id: `${version}-${part}-${row}`, n: row }),
    );
    const query = { part: String(part) };
    try {
      const answer = await this.#project.upload(path, rows.join("\n"), {
        query,
        ...this.#options(),
      });
      if (answer.status === 200) acknowledged.push(true);
      else this.#repeatOrGiveUp(acknowledged);
      return answer;
    } catch (error) {
      this.#repeatOrGiveUp(acknowledged);
      throw error;
    }
  }

  #repeatOrGiveUp(acknowledged: boolean[]): void {
    this.#unacknowledged += 1;
    if (this.#unacknowledged % GIVE_UP_EVERY === 0) acknowledged.push(false);
  }

  async #seal(client: number, { path, version, acknowledged }: Draft): Promise<Answered> {
    const answer = await this.#project.send("POST", `${path}/seal`, undefined, this.#options());
    // 202: it goes on; asked again, it tells when it is sealed.
    if (answer.status !== 200) return answer;
    this.sealed.push({ version, acknowledged, samples: answer.json().samples });
    this.#drafts.delete(client);
    return answer;
  }

  #options(): { origin: string; signal: AbortSignal } {
    return { origin: this.#origin(), signal: AbortSignal.timeout(CLIENT_TIMEOUT_MS) };
  }
}

/** What the sealed versions of a project hold, counted by the part that each sample id names. */
async function storedParts(project: string): Promise<StoredPart[]> {
  await using superuser = openSuperuser();
  return await superuser<StoredPart[]>`
    select used.version, split_part(sample.sample_id, '-', 2)::int4 as part, count(*)::int4 as rows,
      count(distinct sample.sample_id)::int4 as distinct_rows,
      bool_and(split_part(sample.sample_id, '-', 1) = used.version::text) as own
    from data.version_segments as used
    join data.sample_metadata as sample using (dataset_id, segment_id)
    join data.datasets using (dataset_id) join auth.projects using (project_id)
    where projects.name = ${project} group by 1, 2`;
}
