import { STATUS_CODES } from "node:http";
import type { Socket } from "node:net";
import { type ErrorCode, SluiceError, toProblem } from "@sluice/errors";
import { renderProblemJson } from "./problem-json.ts";
import { REQUEST_ID_HEADER, requestIdOf } from "./request-id.ts";
import type { Traffic } from "./traffic.ts";

/** Answers what Node's HTTP parser could not read, which no hook or handler ever sees. */
export function refuseMalformedRequest(
  error: Error & { code?: string },
  socket: Socket,
  traffic: Traffic,
): void {
  // In the middle of another answer the text below would become part of it.
  if (error.code === "ECONNRESET" || !socket.writable || traffic.isBusy(socket)) {
    socket.destroy();
    return;
  }
  socket.end(answerTo(error), () => socket.destroy());
}

function answerTo(error: Error & { code?: string }): string {
  const id = requestIdOf({ headers: {} });
  const problem = toProblem(refusalOf(error.code), id);
  const { contentType, body } = renderProblemJson(problem);
  return [
    `HTTP/1.1 ${problem.status} ${STATUS_CODES[problem.status]}`,
    `content-type: ${contentType}`,
    `content-length: ${Buffer.byteLength(body)}`,
    `${REQUEST_ID_HEADER}: ${id}`,
    "connection: close",
    "",
    body,
  ].join("\r\n");
}

const REFUSALS: Readonly<Record<string, [ErrorCode, string]>> = {
  HPE_HEADER_OVERFLOW: ["HEADERS_TOO_LARGE", "The head of the request is over 16 KiB."],
  ERR_HTTP_REQUEST_TIMEOUT: ["REQUEST_TIMEOUT", "The request did not arrive in time."],
};

function refusalOf(code: string | undefined): SluiceError {
  const [refusal, detail] = REFUSALS[code ?? ""] ?? [
    "INVALID_REQUEST",
    `The request is not valid HTTP (${code ?? "no reason known"}).`,
  ];
  return new SluiceError(refusal, detail);
}
