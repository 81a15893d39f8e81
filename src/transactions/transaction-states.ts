/** Kafka's states of a transactional id, in the order of the numbers that stand in the log. */
export const transactionStates = [
  'Empty',
  'Ongoing',
  'PrepareCommit',
  'PrepareAbort',
  'CompleteCommit',
  'CompleteAbort',
  'Dead',
  'PrepareEpochFence',
] as const

export type TransactionState = (typeof transactionStates)[number]

/**
 * The states that may follow on each state (Kafka's TransactionState). A transactional id whose time is over is
 * taken out of the log at once instead of being Dead, and an epoch is fenced off in the same step in which the
 * transaction is aborted, so that neither of the last two states is ever in the log.
 *
 *     Empty ──> Ongoing ──> PrepareCommit ──> CompleteCommit ─┐
 *       │          └──────> PrepareAbort ───> CompleteAbort ──┤
 *       └──────────────────────┘  (nothing was added, version 2)
 *     Empty and Ongoing again <────────────────────────────────┘
 */
const moves: Readonly<Record<TransactionState, readonly TransactionState[]>> = {
  Empty: ['Empty', 'Ongoing', 'PrepareAbort'],
  Ongoing: ['Ongoing', 'PrepareCommit', 'PrepareAbort'],
  PrepareCommit: ['CompleteCommit'],
  PrepareAbort: ['CompleteAbort'],
  CompleteCommit: ['Empty', 'Ongoing', 'PrepareAbort'],
  CompleteAbort: ['Empty', 'Ongoing', 'PrepareAbort'],
  Dead: [],
  PrepareEpochFence: [],
}

export function assertMove(from: TransactionState, to: TransactionState): void {
  if (!moves[from].includes(to)) throw new Error(`a transaction cannot go from ${from} to ${to}`)
}

export const isTransactionState = (name: string): name is TransactionState =>
  (transactionStates as readonly string[]).includes(name)

/** Tells whether the outcome is decided and the markers are on the way. */
export const isPrepared = (state: TransactionState): boolean =>
  state === 'PrepareCommit' || state === 'PrepareAbort'

/** Tells whether nothing is open, so that the transactional id may be forgotten after a while. */
export const isAtRest = (state: TransactionState): boolean =>
  state === 'Empty' || state === 'CompleteCommit' || state === 'CompleteAbort'
