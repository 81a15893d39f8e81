import { apiVersions } from '../wire/apis/api-versions.js'
import { errorCodes } from '../wire/errors.js'
import type { RequestOf } from '../wire/schema.js'
import { featuresFor } from './shared/features.js'
import { handler, type RequestContext } from './shared/handler.js'

export interface OfferedApi {
  readonly apiKey: number
  readonly minVersion: number
  readonly maxVersion: number
}

/**
 * Tells which APIs are served in which versions, and which features are on. The list is made from the table of
 * handlers, so that it is always true.
 */
export const apiVersionsHandlerFor = (offeredApis: () => readonly OfferedApi[]) =>
  handler({
    api: apiVersions,
    replyLength: 'brief',

    handle(request, context) {
      if (
        context.version >= 3 &&
        !(isSoftwareName(request.clientSoftwareName) && isSoftwareName(request.clientSoftwareVersion))
      ) {
        return { errorCode: errorCodes.INVALID_REQUEST, apiKeys: [] }
      }
      const { clientSoftwareName: name, clientSoftwareVersion: version } = request
      if (name !== '') context.broker.clientMetrics.introduced(context.connection.id, { name, version })
      const misrouted = misroutedBy(request, context)
      if (misrouted !== null) return { errorCode: misrouted, apiKeys: [] }
      return {
        errorCode: errorCodes.NONE,
        apiKeys: offeredApis(),
        ...featuresFor(context.version, context.broker.metadata),
      }
    },

    /** An unknown version is answered in version 0 with the full list, so that the client can choose again. */
    refuse: (_request, error) => ({
      errorCode: error.code,
      apiKeys: error.errorName === 'UNSUPPORTED_VERSION' ? offeredApis() : [],
    }),
  })

/** Checks which node of which cluster a client means to reach (KIP-1242); it may name no node without its cluster. */
function misroutedBy(
  { clusterId, nodeId }: RequestOf<typeof apiVersions>,
  { broker, connection }: RequestContext,
): number | null {
  if (clusterId === null) return nodeId === -1 ? null : errorCodes.INVALID_REQUEST
  const reached = clusterId === broker.cluster.clusterId && nodeId === connection.nodeId
  return reached ? null : errorCodes.REBOOTSTRAP_REQUIRED
}

/** Tells whether the text is a name or version of software as KIP-511 allows it. */
const isSoftwareName = (text: string): boolean => /^[a-zA-Z0-9](?:[a-zA-Z0-9\-.]*[a-zA-Z0-9])?$/.test(text)
