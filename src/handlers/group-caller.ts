import type { Caller } from '../groups/group-requests.js'
import { KafkaError } from '../wire/errors.js'
import type { RequestContext } from './handler.js'

/** Who asks the group coordinator, and by which node. */
export const callerOf = ({ clientId, connection }: RequestContext): Caller => ({
  clientId: clientId ?? '',
  clientHost: `/${connection.remoteAddress}`,
  connection,
  nodeId: connection.nodeId,
})

/** Members need a name for their group; offsets alone may be kept under the empty one, as ever. */
export function checkGroupId(groupId: string): void {
  if (groupId === '') throw new KafkaError('INVALID_GROUP_ID')
}
