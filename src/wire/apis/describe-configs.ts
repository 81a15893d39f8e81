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

/**
 * Tells the settings of topics, brokers and groups, the source of each value and, if asked, the values that it hides
 * (synonyms, KIP-226).
 */
export const describeConfigs = api({
  key: 32,
  name: 'DescribeConfigs',
  versions: [1, 4],
  flexibleSince: 4,
  request: () => ({
    resources: array({
      resourceType: int8, // 2 topic, 4 broker, 8 broker logger, 16 client metrics, 32 group
      resourceName: string,
      configurationKeys: optional(nullable(array(string)), []), // null: all of them
    }),
    includeSynonyms: optional(bool, false),
    includeDocumentation: since(3, bool),
  }),
  response: () => ({
    throttleTimeMs: int32,
    results: array({
      errorCode: int16,
      errorMessage: optional(nullable(string), ''),
      resourceType: int8,
      resourceName: string,
      configs: array({
        name: string,
        value: optional(nullable(string), ''), // null for what is sensitive or not set
        readOnly: bool,
        configSource: optional(int8, -1), // 1 topic, 2 broker, 3 all brokers, 4 file, 5 default, 6 logger, 7 metrics, 8 group
        isSensitive: bool,
        synonyms: array({
          name: string,
          value: optional(nullable(string), ''),
          source: int8,
        }),
        configType: ignorable(since(3, int8)), // 1 boolean, 2 string, 3 int, 4 short, 5 long, 6 double, 7 list, 8 class, 9 password
        documentation: ignorable(since(3, nullable(string), '')),
      }),
    }),
  }),
})
