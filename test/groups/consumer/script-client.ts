import type { Stage } from './stage.js'

export type Owned = readonly { readonly topicId: string; readonly partitions: readonly number[] }[]

/** A client as scripts know it, by the last answers that it had. */
export interface ScriptClient {
  readonly name: string
  /** Rises when it restarts, and it forgets who it was. */
  lives: number
  memberId: string
  speaksClassic: boolean
  /** Its member epoch, or its generation. */
  epoch: number
  seat: string | null
  owned: Owned
  /** True where it has confirmed that it owns its assignment. */
  confirmed: boolean
  /** The members that it leads in a classic group. */
  leads: readonly string[]
  protocol: string
  waits: boolean
}

export const newClient = (name: string): ScriptClient => ({
  name,
  lives: 1,
  memberId: name,
  speaksClassic: false,
  epoch: 0,
  seat: null,
  owned: [],
  confirmed: true,
  leads: [],
  protocol: '',
  waits: false,
})

const known = ['orders', 'payments', 'orders-eu', 'orders-us']

/** Partitions as scripts write them: `orders 0 1 and payments 0`. */
export function inWords(owned: Owned, stage: Stage): string {
  const lines = owned
    .filter(({ partitions }) => partitions.length > 0)
    .map(({ topicId, partitions }) => {
      const name = known.find(each => stage.idOf(each) === topicId) ?? 'something'
      return `${name} ${[...partitions].sort((a, b) => a - b).join(' ')}`
    })
  return lines.sort().join(' and ') || 'nothing'
}

/** The word after this one in a step. */
export function option(step: string, word: string): string | undefined {
  const words = step.split(' ')
  const at = words.indexOf(word)
  return at < 0 ? undefined : words[at + 1]
}

export const listOption = (step: string, word: string): string[] | undefined => {
  const list = option(step, word)
  return list === 'nothing' ? [] : list?.split(',')
}
