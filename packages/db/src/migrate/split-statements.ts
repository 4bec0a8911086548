// What may hide a semicolon: comments (block comments up to one level of nesting), quoted text and names,
// dollar-quoted bodies. Standard strings only: E'…\'…' is not used in migrations.
const TOKEN =
  /--[^\n]*|\/\*(?:[^*/]|\*(?!\/)|\/(?!\*)|\/\*[\s\S]*?\*\/)*\*\/|'(?:[^']|'')*'|"(?:[^"]|"")*"|\$([A-Za-z_]\w*)?\$[\s\S]*?\$\1\$|;|[^;'"$\-/]+|[\s\S]/g;

/** One SQL statement of a file. */
export interface Statement {
  readonly text: string;
  /** The same without comments, quoted text kept, runs of white space made one: for recognising its kind. */
  readonly bare: string;
  /** The line of the file on which it starts, from 1. */
  readonly line: number;
}

/** Splits a migration into its statements; text of comments alone makes none. */
export function splitStatements(sql: string): Statement[] {
  const statements: Statement[] = [];
  let text = "";
  let bare = "";
  let line = 1;
  let startLine = 1;
  const finish = (): void => {
    const trimmed = bare.replace(/\s+/g, " ").trim();
    if (trimmed !== "") statements.push({ text: text.trim(), bare: trimmed, line: startLine });
    text = "";
    bare = "";
  };
  for (const [token] of sql.matchAll(TOKEN)) {
    const comment = token.startsWith("--") || token.startsWith("/*");
    if (bare.trim() === "") startLine = line + leadingNewlines(token);
    line += token.split("\n").length - 1;
    if (token === ";") {
      finish();
      continue;
    }
    text += token;
    bare += comment ? " " : token;
  }
  finish();
  return statements;
}

function leadingNewlines(token: string): number {
  return (/^\s*/.exec(token)?.[0] ?? "").split("\n").length - 1;
}
