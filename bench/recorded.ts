import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { arch, cpus, platform } from 'node:os'
import { fileURLToPath } from 'node:url'
import type { Ratios } from './versus/ratios.js'
import { type Figure, figures } from './versus/row.js'

const file = fileURLToPath(new URL('recorded.json', import.meta.url))
/** The factor up to which a slower figure is not reported. */
const tolerance = 1.15
/** True for the time of the processor: in runs as short as these the clock gives 25% more or less for the same code. */
const isSteady = (figure: Figure): boolean => figure.startsWith('cpu')

interface Recorded {
  readonly date: string
  readonly machine: string
  readonly ratios: readonly Ratios[]
  /** The ratios of quick runs, which are shorter and so measure brokers that are less warm. */
  readonly quick: readonly Ratios[]
}

type Kind = 'ratios' | 'quick'

const machine = (): string => `${cpus().length} x ${cpus()[0]?.model.trim()}, ${platform()} ${arch()}`

function recorded(): Recorded | null {
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Recorded) : null
}

/** The ratios that `--record` has kept of full runs. */
export const allRecorded = (): readonly Ratios[] => recorded()?.ratios ?? []

/** Keeps the ratios, in the place of those that were recorded of the same rows before. */
export function record(measured: readonly Ratios[], kind: Kind): void {
  const before = recorded()
  const known: Pick<Recorded, Kind> = before?.machine === machine() ? before : { ratios: [], quick: [] }
  const names = new Set(measured.map(nameOf))
  const kept = known[kind].filter(each => !names.has(nameOf(each)))
  const date = new Date().toISOString().slice(0, 10)
  const { ratios, quick }: Pick<Recorded, Kind> = { ...known, [kind]: [...kept, ...measured] }
  const parts = [
    `"date": "${date}"`,
    `"machine": ${JSON.stringify(machine())}`,
    `"ratios": ${lines(ratios)}`,
    `"quick": ${lines(quick)}`,
  ]
  writeFileSync(file, `{\n  ${parts.join(',\n  ')}\n}\n`)
}

/** Writes a line for each row, so that a diff shows the rows that changed. */
function lines(ratios: readonly Ratios[]): string {
  const rounded = ratios.map(each => `    ${JSON.stringify(each, (_, value) => threeDigits(value))}`)
  return `[\n${rounded.join(',\n')}\n  ]`
}

const nameOf = ({ row, peer }: Ratios): string => `${row} ${peer}`

const threeDigits = (value: unknown): unknown =>
  typeof value === 'number' ? Number(value.toPrecision(3)) : value

/**
 * Prints the figures that cost more CPU against their peer than in the quick run that was recorded, even in their best
 * round; true where none does.
 */
export function compare(ratios: readonly Ratios[]): boolean {
  const before = recorded()
  if (before === null || before.quick.length === 0) {
    console.log('Nothing is recorded yet: npm run bench -- --quick --record')
    return true
  }
  if (before.machine !== machine()) console.log(`What is recorded is of another machine: ${before.machine}`)
  const judged = ratios.filter(({ figure }) => isSteady(figure))
  const slower = judged.flatMap(now => {
    const then = before.quick.find(each => nameOf(each) === nameOf(now) && each.figure === now.figure)
    if (!then?.ratio || !now.ratio) return []
    const factor = now.ratio.least / then.ratio.median
    return factor > tolerance ? [{ now, from: then.ratio.median, to: now.ratio.median, factor }] : []
  })
  for (const { now, from, to, factor } of slower) {
    const percent = Math.round((factor - 1) * 100)
    const ratio = `${from.toFixed(2)} on ${before.date}, ${to.toFixed(2)} now`
    console.log(
      `Slower by ${percent}%: ${now.row}, ${figures[now.figure].unit} (ratio to ${now.peer} ${ratio})`,
    )
  }
  if (slower.length === 0) console.log(`Nothing became slower by more than 15% since ${before.date}.`)
  return slower.length === 0
}
