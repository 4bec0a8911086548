import { SluiceError } from "@sluice/errors";

/** A few of these fit in memory side by side; a text of 512 MiB is beyond what JavaScript can hold. */
const MAX_ANSWER_CHARACTERS = 64 * 1024 * 1024;

/** What one answer may still grow by. Rows that repeat an entity repeat its values, however long these are. */
export class AnswerSize {
  #characters = 0;

  /** Returns `text`, which goes into the answer. @throws SluiceError TOO_MANY_ROWS when it does not fit any more */
  add(text: string): string {
    this.#characters += text.length;
    if (this.#characters <= MAX_ANSWER_CHARACTERS) return text;
    const detail = `The values asked for are over ${MAX_ANSWER_CHARACTERS} characters as JSON. Ask for fewer rows or features a call.`;
    throw new SluiceError("TOO_MANY_ROWS", detail, { extra: { limit: MAX_ANSWER_CHARACTERS } });
  }
}
