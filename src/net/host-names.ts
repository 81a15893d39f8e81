import { lookup } from 'node:dns/promises'
import { isIP } from 'node:net'
import { plainAddress } from './plain-address.js'

/** Java prefers IPv4, too. */
const ipv4First = { verbatim: false }

/** Turns the names of hosts into addresses, in the form that connections have. */
export const hostNames = {
  /** Returns the address that a text is; null where it is none. */
  literal(host: string): string | null {
    const plain = plainAddress(host)
    return isIP(plain) === 0 ? null : shortForm(plain)
  },

  /** Resolves to the address of a host; null where it is not known. */
  async lookUp(host: string): Promise<string | null> {
    try {
      return shortForm(plainAddress((await lookup(host, ipv4First)).address))
    } catch {
      return null
    }
  },
}

/** Returns an address of IPv6 without zeros that may be left out. */
function shortForm(address: string): string {
  if (isIP(address) !== 6 || address.includes('%')) return address
  return new URL(`http://[${address}]`).hostname.slice(1, -1)
}
