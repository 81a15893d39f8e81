import { setTimeout as pause } from 'node:timers/promises'
import { OttlaProcess } from '../../compat-tests/support/ottla-process.js'

export const loopWatch = new URL('./loop-watch.js', import.meta.url)

export interface Watched {
  /** The longest turn of the event loop: in time, and in time of the processor. */
  readonly ms: number
  readonly cpuMs: number
  /** The number of syncs of the disk. */
  readonly syncs: number
}

interface Place {
  readonly directory: string
  /** The modules that are loaded into the broker before its own code. */
  readonly modules: readonly URL[]
}

export const startBroker = (place: string | Place, ...settings: string[]): Promise<OttlaProcess> =>
  OttlaProcess.startAfter(
    [loopWatch, ...(typeof place === 'string' ? [] : place.modules)],
    ...[
      '--port',
      '0',
      '--data-dir',
      typeof place === 'string' ? place : place.directory,
      '--log-level',
      'warn',
    ],
    ...settings.flatMap(setting => ['--set', setting]),
  )

/** The broker's turns of the event loop and its syncs since the last call. */
export async function watched(broker: OttlaProcess): Promise<Watched> {
  const told = () => broker.output.split('\n').filter(line => line.startsWith('loop '))
  const before = told().length
  process.kill(broker.pid, 'SIGUSR2')
  while (told().length === before) await pause(1)
  return JSON.parse((told().at(-1) as string).slice('loop '.length))
}
