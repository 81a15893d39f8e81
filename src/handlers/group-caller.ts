import type { Caller } from '../groups/group-requests.js'
import { KafkaError } from '../wire/errors.js'
import type { RequestContext } from './handler.js'

const mappedIpv4 = '::ffff:'

/** Who asks the group coordinator, and by which node. */
export const callerOf = ({ clientId, connection }: RequestContext): Caller => ({
  clientId: clientId ?? '',
  clientHost: `/${plain(connection.remoteAddress)}`,
  connectionId: connection.id,
  nodeId: connection.nodeId,
})

const plain = (address: string): string =>
  address.startsWith(mappedIpv4) ? address.slice(mappedIpv4.length) : address

/** Members need a name for their group; offsets alone may be kept under the empty one, as ever. */
export function checkGroupId(groupId: string): void {
  if (groupId === '') throw new KafkaError('INVALID_GROUP_ID')
}
