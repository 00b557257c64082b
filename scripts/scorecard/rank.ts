import { type CategoryKey, type Weights, categoryKeys } from './categories.ts'
import type { Platform } from './scores.ts'

export interface Ranked {
  readonly platform: Platform
  /** 1 is best; platforms with equal totals share a place. */
  readonly place: number
  /** The weighted mean of the ten scores, 1–10. */
  readonly mean: number
}

/** Beyond `weight` (above it for `up`, below it for `down`) `winner` leads; at `weight` itself the two are level. */
export interface Tip {
  readonly weight: number
  readonly winner: string
}

export interface TippingPoints {
  readonly category: CategoryKey
  readonly weight: number
  /** `undefined`: no larger weight changes the winner. */
  readonly up: Tip | undefined
  /** `undefined`: no smaller weight, down to zero, changes the winner. */
  readonly down: Tip | undefined
}

const unit = 1e12

// Sums of decimal fractions drift in floating point and would invent leads of 1e-15 where there is a tie.
// Whole units of 1e-12 add up exactly; no weight that a person types is finer.
const units = (weight: number): bigint => BigInt(weight.toFixed(12).replace('.', ''))

const score = (platform: Platform, key: CategoryKey): number => platform.scores[key][0]

function total(platform: Platform, weights: Weights): bigint {
  return categoryKeys.reduce((sum, key) => sum + units(weights[key]) * BigInt(score(platform, key)), 0n)
}

/** The platforms from best to worst. Equal totals stand in the order of their names, so that the winner is always one. */
export function rank(platforms: readonly Platform[], weights: Weights): Ranked[] {
  const sum = Number(categoryKeys.reduce((all, key) => all + units(weights[key]), 0n))
  const rows = platforms.map((platform) => ({ platform, total: total(platform, weights) }))
  rows.sort((a, b) => (a.total === b.total ? byName(a.platform, b.platform) : a.total > b.total ? -1 : 1))
  return rows.map((row) => ({
    platform: row.platform,
    place: 1 + rows.filter((other) => other.total > row.total).length,
    mean: Number(row.total) / sum,
  }))
}

/**
 * How far each weight, alone, must move before another platform leads.
 * A total is a straight line in one weight, so the winner is overtaken where its line meets a steeper one
 * (upwards) or a flatter one (downwards): gap / difference of scores away. Nothing is searched.
 */
export function tippingPoints(platforms: readonly Platform[], weights: Weights): TippingPoints[] {
  const winner = rank(platforms, weights)[0]?.platform
  if (winner === undefined) return []
  return categoryKeys.map((category) => ({
    category,
    weight: weights[category],
    up: nearest(platforms, winner, weights, category, 1),
    down: nearest(platforms, winner, weights, category, -1),
  }))
}

function nearest(platforms: readonly Platform[], winner: Platform, weights: Weights, category: CategoryKey, direction: 1 | -1): Tip | undefined {
  const lead = total(winner, weights)
  const crossings = platforms.flatMap((rival) => {
    const gain = direction * (score(rival, category) - score(winner, category))
    if (gain <= 0) return []
    const gap = (lead - total(rival, weights)) * BigInt(direction)
    return [{ rival, gain, weight: Number(units(weights[category]) * BigInt(gain) + gap) / (gain * unit) }]
  })
  // Where several lines meet the winner's at once, the one that gains most leads beyond that point.
  const first = crossings.toSorted((a, b) => direction * (a.weight - b.weight) || b.gain - a.gain || byName(a.rival, b.rival))[0]
  // A weight may sink to zero but not below it, so a crossing at zero has no other side.
  if (first === undefined || (direction === -1 && first.weight <= 0)) return undefined
  return { weight: first.weight, winner: first.rival.name }
}

const byName = (a: Platform, b: Platform): number => (a.name < b.name ? -1 : 1)
