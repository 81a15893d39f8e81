import { alterConfigs } from '../../../src/wire/apis/alter-configs.js'
import { describeConfigs } from '../../../src/wire/apis/describe-configs.js'
import { incrementalAlterConfigs } from '../../../src/wire/apis/incremental-alter-configs.js'
import { type Family, scenario } from '../scenario.js'
import type { Stage } from '../stage.js'

const brokerLogger = 8
const [set, remove, append, subtract] = [0, 1, 2, 3]

type Change = readonly [operation: number, name: string, value: string | null]

/** Changes levels, and keeps the answer with the words of its message, which Ottla has from Kafka. */
async function alter(
  at: Stage,
  changes: readonly Change[],
  { resourceName = '0', validateOnly = false } = {},
): Promise<void> {
  const configs = changes.map(([configOperation, name, value]) => ({ configOperation, name, value }))
  const resources = [{ resourceType: brokerLogger, resourceName, configs }]
  const { responses } = await at.quietly(incrementalAlterConfigs, 1, { resources, validateOnly })
  at.note(
    'IncrementalAlterConfigs',
    responses.map(({ errorMessage, ...each }) => ({ ...each, message: errorMessage })),
  )
}

/** Keeps the level of the root logger, the only one that both brokers have. */
async function told(at: Stage): Promise<void> {
  const resources = [{ resourceType: brokerLogger, resourceName: '0', configurationKeys: ['root'] }]
  await at.ask(describeConfigs, 4, { resources, includeSynonyms: true, includeDocumentation: true })
}

const refusals: readonly (readonly [what: string, changes: readonly Change[]])[] = [
  ['a logger that there is not is INVALID_CONFIG', [[set, 'no.such.logger', 'INFO']]],
  ['a logger without a name', [[set, '', 'INFO']]],
  ['a logger whose name begins as another', [[set, 'roo', 'INFO']]],
  ['a level that there is not is INVALID_CONFIG', [[set, 'root', 'LOUD']]],
  ['a level in small letters', [[set, 'root', 'info']]],
  ['a level with blanks', [[set, 'root', ' INFO ']]],
  ['an empty level', [[set, 'root', '']]],
  ['the level OFF', [[set, 'root', 'OFF']]],
  ['the level ALL', [[set, 'root', 'ALL']]],
  ['a level that is null is INVALID_REQUEST', [[set, 'root', null]]],
  ['the level of root is not removed: INVALID_REQUEST', [[remove, 'root', null]]],
  ['the level of root is not removed with a value', [[remove, 'root', 'INFO']]],
  ['the level of a logger that there is not is not removed', [[remove, 'no.such.logger', null]]],
  ['a level is not appended', [[append, 'root', 'INFO']]],
  ['a level is not subtracted', [[subtract, 'root', 'INFO']]],
  ['a level is not appended to a logger that there is not', [[append, 'no.such.logger', 'INFO']]],
  ['an operation that there is not', [[9, 'root', 'INFO']]],
  ['an operation below the first', [[-1, 'root', 'INFO']]],
  [
    'a good and a bad change change nothing',
    [
      [set, 'root', 'ERROR'],
      [set, 'no.such.logger', 'INFO'],
    ],
  ],
  ['no change', []],
]

export const loggerLevelsFamily: Family = {
  name: 'Levels of loggers',
  scenarios: [
    scenario(
      'every level is set and told',
      async at => {
        await alter(at, [[set, 'root', 'INFO']])
        await told(at)
        for (const level of ['DEBUG', 'TRACE', 'WARN', 'ERROR', 'FATAL', 'INFO']) {
          await alter(at, [[set, 'root', level]], { validateOnly: true })
          await told(at)
          await alter(at, [[set, 'root', level]])
          await told(at)
        }
      },
      { alone: true },
    ),
    ...refusals.map(([what, changes]) =>
      scenario(
        what,
        async at => {
          await alter(at, [[set, 'root', 'INFO']])
          await alter(at, changes, { validateOnly: true })
          await alter(at, changes)
          await told(at)
        },
        { alone: true },
      ),
    ),
    ...['', 'x', '7', '-1', '00', '+0', '0.0', '99999999999'].map(resourceName =>
      scenario(
        `of a broker called '${resourceName}'`,
        async at => {
          await alter(at, [[set, 'root', 'INFO']], { resourceName })
          await alter(at, [[set, 'no.such.logger', 'INFO']], { resourceName })
        },
        { alone: true },
      ),
    ),
    scenario('AlterConfigs of loggers is INVALID_REQUEST', async at => {
      for (const resourceName of ['0', '7', '']) {
        await at.ask(alterConfigs, 2, {
          resources: [
            { resourceType: brokerLogger, resourceName, configs: [{ name: 'root', value: 'INFO' }] },
            { resourceType: brokerLogger, resourceName: 'x', configs: [] },
          ],
          validateOnly: false,
        })
      }
    }),
  ],
}
