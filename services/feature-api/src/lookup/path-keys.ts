import { SluiceError } from "@sluice/errors";

/** `/v1/projects/{project}/features/{view}/` comes before the keys. */
const SEGMENTS_BEFORE_KEYS = 6;

/**
 * The join key values in the path of a single look-up. Taken from the URL as it came: the router decodes a wildcard as
 * a whole, which would make a `%2F` inside of a key look like the end of it.
 * @throws SluiceError VALIDATION_FAILED when a segment is not percent-encoded UTF-8
 */
export function keysOfPath(url: string): string[] {
  const [path = ""] = url.split("?", 1);
  return path.split("/").slice(SEGMENTS_BEFORE_KEYS).map(decode);
}

function decode(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch (error) {
    const message = `${JSON.stringify(segment)} is not percent-encoded UTF-8`;
    throw new SluiceError("VALIDATION_FAILED", `path: ${message}.`, {
      cause: error,
      extra: { errors: [{ path: "path", message }] },
    });
  }
}
