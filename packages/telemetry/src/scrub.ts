/** What stands in a log line where a secret was. */
export const REDACTED = "[redacted]";

// A line without one of these cannot hold a secret; most lines end here, after one pass.
const SUSPICIOUS = /auth|cookie|passw|secret|token|key"|bearer|basic|sluice_|:\/\//i;

// A JSON member that is named like a secret, with a scalar or a flat list or object as its value.
const NAME = String.raw`[\w.-]*(?:authorization|cookie|password|passwd|secret|token|api[-_]?key)|key`;
const TEXT = String.raw`"(?:[^"\\]|\\.)*"`;
const LIST = String.raw`\[(?:[^"[\]{}]|${TEXT})*\]`;
const OBJECT = String.raw`\{(?:[^"[\]{}]|${TEXT})*\}`;
const SCALAR = String.raw`[\w.+-]+`;
const SECRET_MEMBER = new RegExp(`"(${NAME})":(?:${TEXT}|${LIST}|${OBJECT}|${SCALAR})`, "gi");

// sluice_<id>_<secret>: the id stays, because it tells which key to revoke.
const API_KEY = /\b(sluice_[A-Za-z0-9-]+)_[A-Za-z0-9_-]{12,}/g;

// scheme://user:password@host, the password possibly with a stray "@".
const URL_PASSWORD = /\b([a-z][a-z0-9+.-]*:\/\/[^\s:@/"\\]*):[^\s/"\\]*@/gi;

const CREDENTIALS = /\b(Bearer|Basic) +[A-Za-z0-9+/=._~-]{8,}/gi;

/**
 * A serialised log line without secrets: members named like one, API keys, passwords in URLs and
 * `Authorization` credentials, wherever in the line they are. The line stays valid JSON.
 */
export function scrub(line: string): string {
  if (!SUSPICIOUS.test(line)) return line;
  return line
    .replace(SECRET_MEMBER, `"$1":"${REDACTED}"`)
    .replace(API_KEY, `$1_${REDACTED}`)
    .replace(URL_PASSWORD, `$1:${REDACTED}@`)
    .replace(CREDENTIALS, `$1 ${REDACTED}`);
}
