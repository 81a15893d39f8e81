import { readFileSync, writeFileSync } from 'node:fs'
import { kept, keptCodecs, type Outcome } from '../compat-tests/matrix/results.js'
import { scenarios } from '../compat-tests/matrix/scenarios/index.js'

const columns = kept()

const cell = (outcome: Outcome | undefined): string => {
  if (outcome === undefined) return '?'
  return typeof outcome === 'object' ? '–' : { passed: '✓', failed: '✗' }[outcome]
}

/** The table client x scenario as the last runs of `npm run test:compat` left it, with the reason for every dash. */
export function clientMatrix(): string {
  const header = ['scenario', ...columns.map(({ client }) => client)]
  const rows = scenarios.map(({ name }) => [name, ...columns.map(({ outcomes }) => cell(outcomes[name]))])
  const reasons = columns.flatMap(({ client, outcomes }) => {
    const told = Object.entries(outcomes).flatMap(([name, outcome]) =>
      typeof outcome === 'object' ? [`${name} (${outcome.cannot})`] : [],
    )
    return told.length === 0 ? [] : [`- ${client}: ${told.join('; ')}`]
  })
  return [
    '✓ passed, ✗ failed, – not expressible in that client.',
    '',
    line(header),
    line(header.map((_, i) => (i === 0 ? '---' : ':-:'))),
    ...rows.map(line),
    '',
    'What cannot be expressed:',
    '',
    ...reasons,
  ].join('\n')
}

/** The table of codecs: the clients that wrote with each and read the others' records, as the last run left it. */
export function codecTable(): string {
  const rows = Object.entries(keptCodecs()).map(([codec, uses]) => {
    const told = uses.map(({ client, cannotRead }) =>
      cannotRead ? `${client} (cannot read ${cannotRead})` : client,
    )
    return line([codec, told.join(', ')])
  })
  return [line(['codec', 'clients']), line(['---', '---']), ...rows].join('\n')
}

/** One line a client, between the README's two marks. */
export function printSummary(readme: string): void {
  const count = (outcomes: Record<string, Outcome>, is: (outcome: Outcome) => boolean) =>
    String(Object.values(outcomes).filter(is).length)
  const rows = columns.map(({ client, language, version, outcomes }) => [
    client,
    language,
    version,
    count(outcomes, outcome => outcome === 'passed'),
    count(outcomes, outcome => outcome === 'failed'),
    count(outcomes, outcome => typeof outcome === 'object'),
  ])
  const header = ['client', 'language', 'version', 'passed', 'failed', 'not expressible']
  const table = [header, header.map(() => '---'), ...rows].map(line).join('\n')
  const marks = /(<!-- clients -->\n)[\s\S]*(<!-- \/clients -->)/
  const before = readFileSync(readme, 'utf8')
  writeFileSync(readme, before.replace(marks, `$1${table}\n$2`))
}

const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`
