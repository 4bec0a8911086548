import { SluiceError } from "@sluice/errors";

/** Each takes some 10 MB, one that is a Parquet file up to some hundred. */
const MAX_UPLOADS = 8;

/** Limits how many uploads an instance reads at a time. */
export class Uploads {
  #open = 0;

  /** @throws SluiceError POOL_SATURATED when there are too many already */
  async run<T>(upload: () => Promise<T>): Promise<T> {
    if (this.#open >= MAX_UPLOADS) {
      const detail = `This instance is reading ${MAX_UPLOADS} uploads, as many as it takes. Repeat later.`;
      throw new SluiceError("POOL_SATURATED", detail, { retryAfterSeconds: 5 });
    }
    this.#open += 1;
    try {
      return await upload();
    } finally {
      this.#open -= 1;
    }
  }
}
