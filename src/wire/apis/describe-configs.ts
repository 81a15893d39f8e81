import {
  api,
  array,
  bool,
  ignorable,
  int8,
  int16,
  int32,
  nullable,
  optional,
  since,
  string,
} from '../schema.js'

/** TODO-DOC */
export const describeConfigs = api({
  key: 32,
  name: 'DescribeConfigs',
  versions: [1, 4],
  flexibleSince: 4,
  request: {
    resources: array({
      resourceType: int8,
      resourceName: string,
      configurationKeys: optional(nullable(array(string)), []),
    }),
    includeSynonyms: optional(bool, false),
    includeDocumentation: since(3, bool),
  },
  response: {
    throttleTimeMs: int32,
    results: array({
      errorCode: int16,
      errorMessage: optional(nullable(string), ''),
      resourceType: int8,
      resourceName: string,
      configs: array({
        name: string,
        value: optional(nullable(string), ''),
        readOnly: bool,
        configSource: optional(int8, -1),
        isSensitive: bool,
        synonyms: array({
          name: string,
          value: optional(nullable(string), ''),
          source: int8,
        }),
        configType: ignorable(since(3, int8)),
        documentation: ignorable(since(3, nullable(string), '')),
      }),
    }),
  },
})
