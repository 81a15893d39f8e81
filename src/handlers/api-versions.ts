import { apiVersions } from '../wire/apis/api-versions.js'
import { errorCodes } from '../wire/errors.js'
import { featuresFor } from './features.js'
import { handler } from './handler.js'
import { offeredApis } from './index.js'

/** Says which APIs are served in which versions, read off the handlers' table, so that it cannot lie; and which features are on. */
export const apiVersionsHandler = handler({
  api: apiVersions,

  handle(request, context) {
    if (
      context.version >= 3 &&
      !(isSoftwareName(request.clientSoftwareName) && isSoftwareName(request.clientSoftwareVersion))
    ) {
      return { errorCode: errorCodes.INVALID_REQUEST, apiKeys: [] }
    }
    return { errorCode: errorCodes.NONE, apiKeys: offeredApis(), ...featuresFor(context.version) }
  },

  /** An unknown version is answered in version 0 with the full list, so that the client can choose again. */
  refuse: (_request, error) => ({
    errorCode: error.code,
    apiKeys: error.errorName === 'UNSUPPORTED_VERSION' ? offeredApis() : [],
  }),
})

/** KIP-511. */
const isSoftwareName = (text: string): boolean => /^[a-zA-Z0-9](?:[a-zA-Z0-9\-.]*[a-zA-Z0-9])?$/.test(text)
