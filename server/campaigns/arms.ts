import { hash } from 'node:crypto'

export type ArmName = 'treated' | 'held-out'

/**
 * The arm of a member: fixed by the campaign's seed and the member's id, so that a preview, a launch and
 * a launch that is finished after a crash agree.
 */
export function armOf(seed: string, memberId: string, holdoutShare: number): ArmName {
  const drawn = hash('sha256', `${seed}\n${memberId}`, 'hex').slice(0, 12)
  return Number.parseInt(drawn, 16) / 2 ** 48 < holdoutShare ? 'held-out' : 'treated'
}
