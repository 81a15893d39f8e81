import { apiVersions } from '../wire/apis/api-versions.js'
import { errorCodes } from '../wire/errors.js'
import type { RequestOf } from '../wire/schema.js'
import { featuresFor } from './features.js'
import { handler, type RequestContext } from './handler.js'

export interface OfferedApi {
  readonly apiKey: number
  readonly minVersion: number
  readonly maxVersion: number
}

/** Says which APIs are served in which versions, read off the handlers' table, so that it cannot lie; and which features are on. */
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
      const misrouted = misroutedBy(request, context)
      if (misrouted !== null) return { errorCode: misrouted, apiKeys: [] }
      return { errorCode: errorCodes.NONE, apiKeys: offeredApis(), ...featuresFor(context.version) }
    },

    /** An unknown version is answered in version 0 with the full list, so that the client can choose again. */
    refuse: (_request, error) => ({
      errorCode: error.code,
      apiKeys: error.errorName === 'UNSUPPORTED_VERSION' ? offeredApis() : [],
    }),
  })

/** KIP-1242: a client may say which node of which cluster it means to reach, but no node without its cluster. */
function misroutedBy(
  { clusterId, nodeId }: RequestOf<typeof apiVersions>,
  { broker, connection }: RequestContext,
): number | null {
  if (clusterId === null) return nodeId === -1 ? null : errorCodes.INVALID_REQUEST
  const reached = clusterId === broker.cluster.clusterId && nodeId === connection.nodeId
  return reached ? null : errorCodes.REBOOTSTRAP_REQUIRED
}

/** KIP-511. */
const isSoftwareName = (text: string): boolean => /^[a-zA-Z0-9](?:[a-zA-Z0-9\-.]*[a-zA-Z0-9])?$/.test(text)
