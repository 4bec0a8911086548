# The look-up service as a Python team writes it: a FastAPI route over a pool of asyncpg, one query a request.
# DATABASE_URL, PORT.
import json
import os

import asyncpg
import uvicorn
from fastapi import FastAPI

LOOK_UP = """
  select v.feature_values, v.event_time
  from features.online_values v
  where v.project_id = $1 and v.view_id = $2 and v.entity_key = $3"""

app = FastAPI()


@app.on_event("startup")
async def open_pool() -> None:
    # Behind a pooler in transaction mode no prepared statement may be relied upon.
    app.state.pool = await asyncpg.create_pool(
        os.environ["DATABASE_URL"], min_size=10, max_size=10, statement_cache_size=0
    )


@app.get("/look-up/{project}/{view}/{key}")
async def look_up(project: int, view: int, key: str):
    row = await app.state.pool.fetchrow(LOOK_UP, project, view, json.dumps([key]))
    return {"feature_values": json.loads(row["feature_values"]), "event_time": row["event_time"]}


@app.get("/constant")
async def constant():
    return {"status": "PRESENT"}


if __name__ == "__main__":
    uvicorn.run(app, host="127.0.0.1", port=int(os.environ["PORT"]), access_log=False)
