import { createInterface } from 'node:readline'
import type { Event, StepName, Steps } from '../matrix/steps.js'

/** The error of a step that the client cannot express as it was asked. */
export class Cannot extends Error {}

/** The steps that a driver knows. One that is missing here is not expressible in its client. */
export type Served = { [S in StepName]?: (ask: Steps[S]['ask']) => Promise<Steps[S]['answer']> }

const say = (line: object): boolean => process.stdout.write(`${JSON.stringify(line)}\n`)

export const tell = (event: Event): boolean => say(event)

/** Runs the loop of a driver in TypeScript: lines in, answers out, one step after the other; then `close`. */
export async function serve(version: string, steps: Served, close: () => Promise<unknown>): Promise<void> {
  say({ ready: { version } })
  for await (const line of createInterface({ input: process.stdin })) {
    const { id, step, ...ask } = JSON.parse(line) as { id: number; step: StepName }
    const serves = steps[step] as ((ask: object) => Promise<object>) | undefined
    try {
      if (!serves) throw new Cannot(`no ${step}`)
      say({ id, answer: await serves(ask) })
    } catch (error) {
      const { message, code } = cause(error)
      if (error instanceof Cannot) say({ id, cannot: message })
      else say({ id, error: { code: typeof code === 'number' ? code : null, message } })
    }
  }
  await close()
  process.exit(0)
}

/** The first error beneath an error that only says that there were some. */
function cause(error: unknown): { message: string; code?: unknown } {
  const { errors = [], ...seen } = error as { errors?: unknown[] }
  return errors.length > 0 ? cause(errors[0]) : { ...seen, message: (error as Error).message }
}
