import { readFile } from "node:fs/promises";

/**
 * The object in a JSON file; undefined when there is no file.
 * @throws Error naming the file when it holds something else.
 */
export async function readJson<T extends object>(file: string): Promise<T | undefined> {
  const text = await readFile(file, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return undefined;
    throw error;
  });
  if (text === undefined) return undefined;
  const value: unknown = parse(file, text);
  if (typeof value === "object" && value !== null) return value as T;
  throw new Error(`${file} does not hold a JSON object.`);
}

function parse(file: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Error(`${file} is not JSON. Remove it and start again.`, { cause: error });
  }
}
