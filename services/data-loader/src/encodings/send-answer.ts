import type { FastifyReply } from "fastify";
import { type Answer, type AnswerType, encodeAnswer } from "./answer.ts";
import { chooseCoding, type Coding, encodeBody } from "./content-coding.ts";

/** Sends a whole answer in a media type that the client accepts, and in the coding that it likes best. */
export function sendAnswer(
  reply: FastifyReply,
  type: AnswerType,
  answer: Answer,
): Promise<FastifyReply> {
  return sendBody(reply, type, encodeAnswer(type, answer));
}

/** The same with an answer that is bytes already. */
export async function sendBody(
  reply: FastifyReply,
  type: AnswerType,
  body: Buffer,
): Promise<FastifyReply> {
  const accepted = chooseCoding(reply.request.headers["accept-encoding"]);
  const { bytes, coding } = await encodeBody(body, accepted);
  setEncoding(reply, type, coding);
  return reply.send(bytes);
}

/** Says how the body is encoded, and on what that depends. */
export function setEncoding(reply: FastifyReply, type: AnswerType, coding: Coding): void {
  reply.header("content-type", type).header("vary", "accept, accept-encoding");
  if (coding !== "identity") reply.header("content-encoding", coding);
}
