import { type FoundListReply, OTHER_CALL, type UpdateReply } from './reply.ts'

/** Reads the reply to `findListParams`, which looks for no lead: that none is found means that the list was. */
export function readFoundListReply(reply: UpdateReply): FoundListReply {
  if (reply.kind === 'not_found') return { kind: 'list_found' }
  return reply.kind === 'updated' ? OTHER_CALL : reply
}
