import { EVENT_STREAM, PageQuery } from "@sluice/http";
import { Type } from "typebox";
import { STATUSES } from "../transitions/state-machine.ts";

const lastEventId = (description: string) =>
  Type.Optional(Type.String({ pattern: "^[0-9]{1,9}$", description }));

export const EventHeaders = Type.Object({
  "last-event-id": lastEventId("Sequence of the last transition that the client has"),
});

export const EventQuery = Type.Object({
  ...PageQuery.properties,
  last_event_id: lastEventId(
    "The same for a browser, which can send the header only when it comes back; the header goes before it",
  ),
});

const Status = Type.Enum([...STATUSES]);

const Transition = Type.Object({
  sequence: Type.Integer({ description: "1, 2, 3 … within the job" }),
  job_id: Type.String(),
  attempt: Type.Integer(),
  from: Type.Union([Status, Type.Null()], { description: "null: the job was created" }),
  to: Status,
  at: Type.String({ format: "date-time" }),
  reason: Type.String(),
  message: Type.Union([Type.String(), Type.Null()]),
});

const EventPage = Type.Object({
  items: Type.Array(Transition),
  next_cursor: Type.Union([Type.String(), Type.Null()]),
});

export const EventsAnswer = {
  description: "A page of the log, or the stream",
  content: {
    "application/json": { schema: EventPage },
    [EVENT_STREAM]: {
      schema: Type.String({
        description: "Events of the type `transition`; data is one item of the list",
      }),
    },
  },
};

export const NothingFollows = Type.Null({
  description: "The job has ended and the client has all of its transitions (streams only)",
});
