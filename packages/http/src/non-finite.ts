const NON_FINITE = /[+-]?\b(?:NaN|Infinity)\b/g;

/** A JSON text with bare NaN and ±Infinity replaced by null; what is inside strings stays. */
export function nonFiniteToNull(text: string): string {
  let result = "";
  for (let at = 0; at < text.length;) {
    const quote = text.indexOf('"', at);
    const outside = text.slice(at, quote < 0 ? text.length : quote);
    result += outside.replace(NON_FINITE, "null");
    if (quote < 0) return result;
    at = endOfString(text, quote);
    result += text.slice(quote, at);
  }
  return result;
}

/** Index behind the string's closing quote, or the end of a text that never closes it. */
function endOfString(text: string, start: number): number {
  for (let i = start + 1; i < text.length; i++) {
    const char = text[i];
    if (char === "\\") i++;
    else if (char === '"') return i + 1;
  }
  return text.length;
}
