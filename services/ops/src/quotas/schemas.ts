import { Type } from "typebox";

const Limit = Type.Union([Type.Integer({ minimum: 0, maximum: 2_147_483_647 }), Type.Null()]);
const Setting = Type.Optional(
  Type.Union([Type.Integer({ minimum: 0, maximum: 2_147_483_647 }), Type.Null()], {
    default: null,
  }),
);

export const PutQuotasBody = Type.Object(
  { requests_per_second: Setting, concurrent_requests: Setting, running_jobs: Setting },
  {
    examples: [{ requests_per_second: 500, concurrent_requests: null, running_jobs: 20 }],
  },
);

export const QuotasAnswer = Type.Object(
  { requests_per_second: Limit, concurrent_requests: Limit, running_jobs: Limit },
  { description: "The tenant's quotas; null = no limit" },
);
