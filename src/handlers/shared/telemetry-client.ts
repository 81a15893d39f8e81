import type { Client } from '../../client-metrics/client-instances.js'
import type { RequestContext } from './handler.js'

/** The id that stands for none. */
export const noId = 'AAAAAAAAAAAAAAAAAAAAAA'

/** The client of a request, as subscriptions to its metrics may look at it. */
export const clientOf = ({ broker, connection, clientId }: RequestContext): Client => ({
  connectionId: connection.id,
  client_id: clientId,
  ...broker.clientMetrics.softwareOf(connection.id),
  client_source_address: connection.remoteAddress,
  client_source_port: String(connection.remotePort),
})
