// What a look-up service is without any of Sluice: a Fastify route over a pool of pg, one query a request, and a route
// that returns a constant. DATABASE_URL, PORT.
import Fastify from "fastify";
import pg from "pg";

const pool = new pg.Pool({ connectionString: process.env["DATABASE_URL"], max: 10 });
const app = Fastify();

const LOOK_UP = `
  select v.feature_values, v.event_time
  from features.online_values v
  where v.project_id = $1 and v.view_id = $2 and v.entity_key = $3`;

app.get("/constant", () => ({ status: "PRESENT" }));

app.get<{ Params: { project: string; view: string; key: string } }>(
  "/look-up/:project/:view/:key",
  async ({ params: { project, view, key } }) => {
    const { rows } = await pool.query(LOOK_UP, [project, view, JSON.stringify([key])]);
    return rows[0] as unknown;
  },
);

await app.listen({ host: "127.0.0.1", port: Number(process.env["PORT"]) });
