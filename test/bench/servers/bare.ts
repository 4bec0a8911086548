// What a look-up service is without any of Sluice: a Fastify route over a pool of pg, one query a request, the same with
// prepared statements and without a pooler in between, and a route that returns a constant. DATABASE_URL, DIRECT_URL, PORT.
import Fastify from "fastify";
import pg from "pg";

const pool = new pg.Pool({ connectionString: process.env["DATABASE_URL"], max: 10 });
const direct = new pg.Pool({ connectionString: process.env["DIRECT_URL"], max: 10 });
const app = Fastify();

const LOOK_UP = `
  select v.feature_values, v.event_time
  from features.online_values v
  where v.project_id = $1 and v.view_id = $2 and v.entity_key = $3`;

app.get("/constant", () => ({ status: "PRESENT" }));

interface Entity {
  readonly Params: { readonly project: string; readonly view: string; readonly key: string };
}

app.get<Entity>("/look-up/:project/:view/:key", async ({ params: { project, view, key } }) => {
  const { rows } = await pool.query(LOOK_UP, [project, view, JSON.stringify([key])]);
  return rows[0] as unknown;
});

app.get<Entity>("/prepared/:project/:view/:key", async ({ params: { project, view, key } }) => {
  const values = [project, view, JSON.stringify([key])];
  const { rows } = await direct.query({ name: "look-up", text: LOOK_UP, values });
  return rows[0] as unknown;
});

await app.listen({ host: "127.0.0.1", port: Number(process.env["PORT"]) });
