import { loadavg } from 'node:os'
import { createDemo, demoName } from '../demo/demo.ts'
import type { Platform } from '../platform.ts'
import type { Workspace } from '../workspaces/workspaces.ts'

/** One figure of the bench beside its target; without one it is always met. */
export interface Line {
  readonly what: string
  readonly measured: string
  readonly target: string
  readonly met: boolean
}

/** Printed as they are measured, with the machine's load then, what measured included: the clock holds on a quiet one only. */
export function report(...measured: readonly Line[]): void {
  for (const { what, measured: figure, target, met } of measured)
    console.log(
      `${what.padEnd(60)}  ${figure.padStart(28)}  ${target.padStart(11)}  load ${loadavg()[0]!.toFixed(1).padStart(4)}  ${met ? '' : 'MISSED'}`,
    )
}

export const median = (numbers: readonly number[]): number =>
  numbers.toSorted((a, b) => a - b)[numbers.length >> 1]!

/** The value below which a share of the numbers lies. */
export const quantile = (numbers: readonly number[], share: number): number =>
  numbers.toSorted((a, b) => a - b)[Math.min(numbers.length - 1, Math.floor(numbers.length * share))]!

/** What work takes, in milliseconds: by the clock, and of this process's CPU, all threads. */
export interface Taken {
  readonly wall: number
  readonly cpu: number
}

/** The medians of so many runs after a first one, which may read from the disk. */
export async function taken(work: () => Promise<unknown>, runs: number): Promise<Taken> {
  await work()
  const all: Taken[] = []
  for (let run = 0; run < runs; run++) {
    const before = process.cpuUsage()
    const began = performance.now()
    await work()
    const { user, system } = process.cpuUsage(before)
    all.push({ wall: performance.now() - began, cpu: (user + system) / 1000 })
  }
  return { wall: median(all.map(({ wall }) => wall)), cpu: median(all.map(({ cpu }) => cpu)) }
}

/** The last day of the shops that the bench makes. */
export const lastDay = '2026-06-30'
/** 2.31 lines an order: 50 million of a million members. */
const linesAnOrder = [34, 27, 20, 12, 7]

/** The shop in a folder that is kept from one bench to the next, made where it is not there yet. */
export async function keptShop(platform: Platform, members: number): Promise<Workspace> {
  const kept = await platform.workspaces.byName(demoName)
  if (kept) return kept
  await createDemo(platform, { members, seed: 1, end: lastDay, linesAnOrder })
  return (await platform.workspaces.byName(demoName))!
}
