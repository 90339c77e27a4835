import type { FastifyReply } from 'fastify';

/** Answers `{"message": TEXT}`. */
export function answerMessage(reply: FastifyReply, status: number, message: string): FastifyReply {
  return reply.code(status).send({ message });
}
