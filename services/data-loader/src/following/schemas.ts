import { Type } from "typebox";

export const FollowHeaders = Type.Object({
  "last-event-id": Type.Optional(
    Type.String({ description: "Of the last event that the client had (streams only)" }),
  ),
});

export const NothingFollows = Type.Null({
  description: "It has ended, and the client has seen that (streams only)",
});
