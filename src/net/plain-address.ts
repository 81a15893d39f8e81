/** Returns an address without the prefix that an IPv4 client of an IPv6 socket has. */
export const plainAddress = (address: string | undefined): string => (address ?? '').replace(/^::ffff:/, '')
