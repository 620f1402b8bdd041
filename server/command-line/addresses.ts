import { isIP, isIPv6 } from 'node:net'
import { networkInterfaces } from 'node:os'

const everywhere = new Set(['0.0.0.0', '::'])
const isLoopback = (host: string): boolean => /^(127\.|::1$|localhost$)/.test(host)

/** An address in the form that a browser takes. */
export const urlOf = (host: string, port: number): string =>
  `http://${isIPv6(host) ? `[${host}]` : host}:${port}`

/** An IP address of this machine, or `localhost`. */
export const isHost = (host: string): boolean => isIP(host) !== 0 || host === 'localhost'

/** Where a server that listens on `host` is reached. */
export interface Reach {
  /** By this machine's programs: an address that is surely served. */
  readonly here: string
  /** By the person at this machine. */
  readonly own: string
  /** By other machines; none when only this one is served. */
  readonly others: readonly string[]
}

/** `interfaces`: the addresses that this machine has in its networks. */
export function reachOf(host: string, port: number, interfaces = networkAddresses()): Reach {
  const own = `http://localhost:${port}`
  if (isLoopback(host)) return { here: host, own, others: [] }
  if (!everywhere.has(host)) return { here: host, own: urlOf(host, port), others: [urlOf(host, port)] }
  // "::" takes IPv4 too wherever the system has both.
  const others = interfaces.map((address) => urlOf(address, port))
  return { here: host === '::' ? '::1' : '127.0.0.1', own, others }
}

function networkAddresses(): string[] {
  return Object.values(networkInterfaces())
    .flatMap((found) => found ?? [])
    .filter(({ internal, family }) => !internal && family === 'IPv4')
    .map(({ address }) => address)
}
