import type { Caller } from '../../groups/shared/group-requests.js'
import { KafkaError } from '../../wire/errors.js'
import type { RequestContext } from './handler.js'

/** Returns the client that asks the group coordinator, and the node that it asked. */
export const callerOf = ({ clientId, connection }: RequestContext): Caller => ({
  clientId: clientId ?? '',
  clientHost: `/${connection.remoteAddress}`,
  connection,
  nodeId: connection.nodeId,
})

/**
 * Checks that a group has a name, which it needs for members. Offsets alone may be kept under the empty one, as ever.
 */
export function checkGroupId(groupId: string): void {
  if (groupId === '') throw new KafkaError('INVALID_GROUP_ID')
}
