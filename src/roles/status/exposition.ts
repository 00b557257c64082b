/** One metric with its samples, as Prometheus shows them. */
export interface Family {
  readonly name: string
  readonly help: string
  readonly type: 'counter' | 'gauge'
  readonly samples: readonly { readonly labels?: Readonly<Record<string, string>>; readonly value: number }[]
}

/** The Prometheus text format 0.0.4 (https://prometheus.io/docs/instrumenting/exposition_formats/). */
export function exposition(families: readonly Family[]): string {
  return families.map(({ name, help, type, samples }) => {
    const lines = samples.map(({ labels = {}, value }) => `${name}${labelText(labels)} ${value}`)
    return [`# HELP ${name} ${help.replaceAll('\\', '\\\\').replaceAll('\n', '\\n')}`, `# TYPE ${name} ${type}`, ...lines, ''].join('\n')
  }).join('')
}

function labelText(labels: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escapeLabel(value)}"`)
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`
}

const escapeLabel = (value: string): string => value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')
