import { type CategoryKey, type Weights, categories, categoryKeys } from './categories.ts'
import { type Ranked, type Tip, rank, tippingPoints } from './rank.ts'
import { type Platform, chosen, platforms } from './scores.ts'

const round = (value: number): string => String(Number(value.toFixed(4)))

/** `1`, or `=1` where the place is shared. */
export function placeOf(row: Ranked, rows: readonly Ranked[]): string {
  const shared = rows.filter((other) => other.place === row.place).length > 1
  return `${shared ? '=' : ''}${row.place}`
}

/** One tipping point in words. `current` tells a lead that any move ends. */
export function describeTip(tip: Tip | undefined, direction: 'up' | 'down', current: number): string {
  if (tip === undefined) return direction === 'up' ? 'no weight changes it' : 'not even 0 changes it'
  const beyond = direction === 'up' ? 'above' : 'below'
  const level = tip.weight === current ? ' (level now)' : ''
  return `${beyond} ${round(tip.weight)}: ${tip.winner}${level}`
}

/** The ranking, the tipping points and, if asked for, all reasons, for a terminal. */
export function asText(weights: Weights, withReasons: boolean): string {
  const rows = rank(platforms, weights)
  const parts = [headline(rows), rankingText(rows), tippingText(weights)]
  if (withReasons) parts.push(...rows.map((row) => reasonsText(row.platform)))
  return `${parts.join('\n\n')}\n`
}

/** Who leads with these weights, and where the platform stands that Vedette is built on. */
export function headline(rows: readonly Ranked[]): string {
  const leaders = rows.filter((row) => row.place === 1).map((row) => row.platform.name)
  const leads = leaders.length === 1 ? `${leaders.join()} leads.` : `${leaders.join(' and ')} are level.`
  const place = rows.find((row) => row.platform.name === chosen)?.place
  return `${leads} Vedette is built on ${chosen}, here in place ${place} of ${rows.length}.`
}

function rankingText(rows: readonly Ranked[]): string {
  const head = ['place', 'platform', 'mean', ...categoryKeys.map((key) => categories[key].short)]
  const body = rows.map((row) => [placeOf(row, rows), row.platform.name, row.mean.toFixed(2), ...scoresOf(row.platform)])
  return columns([head, ...body])
}

const scoresOf = (platform: Platform): string[] => categoryKeys.map((key) => String(platform.scores[key][0]))

function tippingText(weights: Weights): string {
  const head = ['category', 'in table', 'weight', 'winner changes going up', 'winner changes going down']
  const body = tippingPoints(platforms, weights).map((point) => [
    point.category, categories[point.category].short, round(point.weight),
    describeTip(point.up, 'up', point.weight), describeTip(point.down, 'down', point.weight),
  ])
  return columns([head, ...body])
}

function reasonsText(platform: Platform): string {
  const lines = categoryKeys.map((key) => [`  ${key}`, String(platform.scores[key][0]), platform.scores[key][1]])
  return `${platform.name}\n${columns(lines)}`
}

function columns(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)))
  return rows.map((row) => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ').trimEnd()).join('\n')
}

/** Everything that the text says, for programs. A tipping point that does not exist is `null`. */
export function asJson(weights: Weights, withReasons: boolean): string {
  const ranking = rank(platforms, weights).map((row) => ({
    place: row.place,
    platform: row.platform.name,
    mean: row.mean,
    scores: perCategory((key) => row.platform.scores[key][0]),
    ...(withReasons ? { reasons: perCategory((key) => row.platform.scores[key][1]) } : {}),
  }))
  const tipping = tippingPoints(platforms, weights).map((point) => ({ ...point, up: point.up ?? null, down: point.down ?? null }))
  return `${JSON.stringify({ weights, ranking, tippingPoints: tipping }, undefined, 2)}\n`
}

const perCategory = (value: (key: CategoryKey) => unknown): Record<string, unknown> =>
  Object.fromEntries(categoryKeys.map((key) => [key, value(key)]))
