const SPACE = 0x20;
const QUOTE = 0x22;
const COMMA = 0x2c;
const OPEN_BRACKET = 0x5b;
const BACKSLASH = 0x5c;
const CLOSE_BRACKET = 0x5d;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;

/** The elements of a well-formed JSON array, each as the text that it is: numbers keep every digit. */
export function jsonElements(array: string): string[] {
  const elements: string[] = [];
  let at = skipSpace(array, array.indexOf("[") + 1);
  while (array.charCodeAt(at) !== CLOSE_BRACKET) {
    const end = endOfValue(array, at);
    elements.push(array.slice(at, end));
    at = skipSpace(array, end);
    if (array.charCodeAt(at) === COMMA) at = skipSpace(array, at + 1);
  }
  return elements;
}

function skipSpace(text: string, from: number): number {
  let at = from;
  while (text.charCodeAt(at) <= SPACE) at += 1;
  return at;
}

function endOfValue(text: string, from: number): number {
  const first = text.charCodeAt(from);
  if (first === QUOTE) return endOfString(text, from);
  return first === OPEN_BRACE || first === OPEN_BRACKET
    ? endOfContainer(text, from)
    : endOfWord(text, from);
}

/** Behind the closing quote: the next one that an even number of backslashes precedes. */
function endOfString(text: string, from: number): number {
  for (let quote = text.indexOf('"', from + 1); ; quote = text.indexOf('"', quote + 1)) {
    let before = quote - 1;
    while (text.charCodeAt(before) === BACKSLASH) before -= 1;
    if ((quote - before) % 2 === 1) return quote + 1;
  }
}

function endOfContainer(text: string, from: number): number {
  let depth = 0;
  for (let at = from; ; at += 1) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) at = endOfString(text, at) - 1;
    else if (code === OPEN_BRACE || code === OPEN_BRACKET) depth += 1;
    else if ((code === CLOSE_BRACE || code === CLOSE_BRACKET) && (depth -= 1) === 0) return at + 1;
  }
}

/** A number, true, false or null. */
function endOfWord(text: string, from: number): number {
  let at = from;
  let code = text.charCodeAt(at);
  while (code > SPACE && code !== COMMA && code !== CLOSE_BRACKET)
    code = text.charCodeAt((at += 1));
  return at;
}
