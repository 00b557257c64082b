import type { VNode } from 'preact'
import { useEffect, useRef, useState } from 'preact/hooks'
import uPlot from 'uplot'
import type { List } from './api.ts'
import { html } from './html.ts'
import { useLoaded, useWorld } from './store.ts'

interface MetricFacts { readonly name: string; readonly unit: string; readonly type: string }
interface PlotPoint { readonly timestamp: number; readonly average?: number }
interface Line { readonly zone: string; readonly at: readonly number[]; readonly value: readonly (number | null)[] }

const ranges: readonly (readonly [label: string, ms: number])[] = [['15 min', 900_000], ['1 h', 3_600_000], ['6 h', 21_600_000], ['1 d', 86_400_000], ['7 d', 604_800_000], ['30 d', 2_592_000_000]]
const favourites = ['duration', 'tt_firstbyte', 'average', 'rtt', 'tt_connect']
const dashes: readonly (readonly number[])[] = [[], [7, 3], [2, 3], [9, 3, 2, 3], [4, 2], [1, 2]]

export interface ChartProps { readonly entity: string; readonly check: string; readonly zones: readonly string[]; /** seconds */ readonly period: number; readonly young: boolean; readonly round: number }

/** One metric of a check over time, a line a zone. */
export function Chart({ entity, check, zones, period, young, round }: ChartProps): VNode {
  const { api } = useWorld()
  const [range, setRange] = useState(young ? 900_000 : 3_600_000)
  const [chosen, setChosen] = useState<string>()
  const base = `entities/${entity}/checks/${check}/metrics`
  const found = useRef(0)
  const metrics = useLoaded((signal) => api.get<List<MetricFacts>>(base, signal), [base, found.current > 0 ? 0 : round])
  found.current = metrics.value?.values.length ?? found.current
  const names = metricNames(metrics.value?.values ?? [], zones)
  const name = chosen ?? favourites.find((one) => names.has(one)) ?? [...names.keys()][0]
  const lines = useLoaded(async (signal) => {
    const { to, from } = windowOf(range)
    const known = (metrics.value?.values ?? []).map((one) => one.name)
    return Promise.all(zones.map(async (zone): Promise<Line> => {
      const full = known.includes(`${zone}.${name}`) ? `${zone}.${name}` : name ?? ''
      const { values } = await api.get<List<PlotPoint>>(`${base}/${encodeURIComponent(full)}/plot?from=${from}&to=${to}&resolution=${resolutionFor(range, period)}&select=average`, signal)
      return { zone, ...broken(values, range) }
    }))
  }, [base, name ?? '', range, round, names.size])
  return html`<section class="chart-box" aria-label="Chart">
    <div class="chart-tools">
      ${names.size === 0 ? null : html`<label><span class="hidden">Metric</span><select value=${name} onChange=${(event: Event) => event.target instanceof HTMLSelectElement && setChosen(event.target.value)}>
        ${[...names].map(([one, unit]) => html`<option value=${one}>${one}${unit === '' || unit === 'unknown' ? '' : ` (${unit})`}</option>`)}</select></label>`}
      <span class="ranges" role="group" aria-label="Range">${ranges.map(([label, ms]) => html`<button aria-pressed=${range === ms} onClick=${() => setRange(ms)}>${label}</button>`)}</span>
    </div>
    ${lines.error === undefined ? null : html`<p class="soft">${lines.error.message}</p>`}
    <${Plot} lines=${lines.value ?? []} from=${windowOf(range).from} to=${windowOf(range).to} unit=${name === undefined ? '' : names.get(name) ?? ''} />
    <p class="line-key">${zones.map((zone, i) => html`<span><svg width="26" height="8" aria-hidden="true"><line x1="0" y1="4" x2="26" y2="4" class=${`line-${i % 6}`} stroke-width="2.5" stroke-dasharray=${dashes[i % 6]?.join(' ')} /></svg>${zone}</span>`)}</p>
  </section>`
}

function windowOf(range: number): { readonly from: number; readonly to: number } {
  const to = Date.now()
  return { from: to - range, to }
}

/** The finest resolution of which a range holds no more points than one answer does (reference, section 14); seconds. */
function resolutionFor(range: number, period: number): string {
  const steps = [['FULL', period * 1000], ['MIN5', 300_000], ['MIN20', 1_200_000], ['MIN60', 3_600_000]] as const
  // Confirming runs come between the scheduled ones.
  return steps.find(([, step]) => range / step <= 1000)?.[0] ?? 'MIN240'
}

/** Numeric metrics by their bare name, with their unit. */
function metricNames(values: readonly MetricFacts[], zones: readonly string[]): ReadonlyMap<string, string> {
  const names = new Map<string, string>()
  for (const { name, unit, type } of values) {
    if (type.toUpperCase() === 'S') continue
    const zone = zones.find((one) => name.startsWith(`${one}.`))
    names.set(zone === undefined ? name : name.slice(zone.length + 1), unit)
  }
  return names
}

/** Points with a gap where nothing was seen for longer than usual: a line must not pretend. */
function broken(points: readonly PlotPoint[], range: number): Omit<Line, 'zone'> {
  const at: number[] = []
  const value: (number | null)[] = []
  const steps = points.slice(1).map((point, i) => point.timestamp - (points[i]?.timestamp ?? 0)).toSorted((a, b) => a - b)
  const usual = Math.max(steps[Math.floor(steps.length / 2)] ?? 0, range / 1000)
  for (const point of points) {
    const before = at.at(-1)
    if (before !== undefined && point.timestamp - before * 1000 > 3 * usual) {
      at.push(before + usual / 1000)
      value.push(null)
    }
    at.push(point.timestamp / 1000)
    value.push(point.average ?? null)
  }
  return { at, value }
}

interface PlotProps { readonly lines: readonly Line[]; readonly from: number; readonly to: number; readonly unit: string }

function Plot({ lines, from, to, unit }: PlotProps): VNode {
  const place = useRef<HTMLDivElement>(null)
  const [size, setSize] = useState(0)
  const [theme, setTheme] = useState(0)
  useEffect(() => {
    const box = place.current
    if (box === null) return
    const watch = new ResizeObserver(() => setSize(box.clientWidth))
    const turned = (): void => setTheme((n) => n + 1)
    watch.observe(box)
    addEventListener('themechange', turned)
    return () => {
      watch.disconnect()
      removeEventListener('themechange', turned)
    }
  }, [])
  const empty = lines.every((line) => line.value.length === 0)
  useEffect(() => {
    if (place.current === null || size === 0 || empty) return
    const chart = new uPlot(options(lines, size, from, to, unit), data(lines), place.current)
    return () => chart.destroy()
  }, [lines, size, theme])
  return html`<div class="chart" ref=${place}>${empty ? html`<p class="soft empty">Nothing in this range yet.</p>` : null}</div>`
}

function data(lines: readonly Line[]): uPlot.AlignedData {
  const tables = lines.filter((line) => line.at.length > 0).map((line): uPlot.AlignedData => [[...line.at], [...line.value]])
  return tables.length === 0 ? [[]] : uPlot.join(tables)
}

function options(lines: readonly Line[], width: number, from: number, to: number, unit: string): uPlot.Options {
  const style = getComputedStyle(document.documentElement)
  const axis = { stroke: style.getPropertyValue('--soft'), grid: { stroke: style.getPropertyValue('--line'), width: 1 }, ticks: { stroke: style.getPropertyValue('--line'), width: 1 } }
  const series = lines.flatMap((line, i): uPlot.Series[] => (line.at.length === 0 ? [] : [{
    label: line.zone, stroke: style.getPropertyValue(`--series-${i % 6}`), width: 1.75, dash: [...dashes[i % 6] ?? []], points: { show: line.at.length < 40, size: 5 },
  }]))
  return {
    width, height: 240, legend: { show: false }, cursor: { y: false, points: { size: 7 } },
    scales: { x: { range: () => [from / 1000, to / 1000] }, y: { range: (_chart, _low, high) => [0, Math.max(high * 1.08, 1)] } },
    axes: [{ ...axis, values: timeMarks }, { ...axis, size: 62, values: (_chart, marks) => marks.map((mark) => label(mark, unit)) }],
    series: [{}, ...series],
    plugins: [readout(unit, lines.filter((line) => line.at.length > 0).map((line) => line.zone))],
  }
}

/** How the time axis is written, by the distance of its marks in seconds: the mark itself, and what a new day adds. */
const timeMarks: uPlot.Axis.Values = [
  [86_400, '{D} {MMM}', '\n{YYYY}', null, null, null, null, null, 1],
  [60, '{HH}:{mm}', '\n{D} {MMM}', null, '\n{D} {MMM}', null, null, null, 1],
  [1, '{HH}:{mm}:{ss}', '\n{D} {MMM}', null, '\n{D} {MMM}', null, null, null, 1],
]

function label(value: number, unit: string): string {
  const short: Readonly<Record<string, string>> = { milliseconds: 'ms', seconds: 's', bytes: 'B', percent: '%' }
  return `${value.toLocaleString('en', { maximumFractionDigits: 3 })} ${short[unit] ?? ''}`.trim()
}

/** What the lines say under the pointer. */
function readout(unit: string, zones: readonly string[]): uPlot.Plugin {
  const box = document.createElement('div')
  box.className = 'readout'
  return {
    hooks: {
      init: (chart) => chart.over.append(box),
      setCursor: (chart) => {
        const index = chart.cursor.idx
        box.hidden = index === null || index === undefined
        if (index === null || index === undefined) return
        const at = new Date((chart.data[0][index] ?? 0) * 1000)
        const values = zones.flatMap((zone, i) => {
          const value = chart.data[i + 1]?.[index]
          return value === null || value === undefined ? [] : [`${zone} ${label(value, unit)}`]
        })
        box.textContent = [at.toLocaleString('en-GB'), ...values].join(' · ')
      },
    },
  }
}
