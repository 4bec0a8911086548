import { rename, writeFile } from "node:fs/promises";

/** Replaces a file in one step, readable by its owner only: a reader sees the old text or the new one. */
async function replaceFile(file: string, text: string): Promise<void> {
  const next = `${file}.${process.pid}.next`;
  await writeFile(next, text, { mode: 0o600 });
  await rename(next, file);
}

/** The same for a value, as JSON that a person can read. */
export async function replaceJson(file: string, value: unknown): Promise<void> {
  await replaceFile(file, `${JSON.stringify(value, null, 2)}\n`);
}
