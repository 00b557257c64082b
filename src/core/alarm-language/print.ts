import type { Branch, Comparison, Condition, Criteria, NumberLiteral, Operand, Return, Setting, StringLiteral } from './types.ts'

/** The canonical text: one statement a line, single quotes, the new form of return, no comments. */
export function print(criteria: Criteria): string {
  const { settings, branches, returns } = criteria
  return [...settings.map(setting), ...branches.map(branch), ...returns.map(printReturn)].join('\n')
}

function setting(s: Setting): string {
  return `:set ${s.kind}=${s.kind === 'dimensionFilter' ? quoted(s.value) : s.value}`
}

function branch(b: Branch): string {
  return `if (${printCondition(b.condition)}) {\n  ${printReturn(b.result)}\n}`
}

function printReturn(r: Return): string {
  return `return new AlarmStatus(${r.state}${r.message === undefined ? '' : `, ${quoted(r.message)}`});`
}

function printCondition(condition: Condition): string {
  return condition.map(group => group.map(printComparison).join(' && ')).join(' || ')
}

export function printComparison(c: Comparison): string {
  return `${printOperand(c.left)} ${c.operator} ${printOperand(c.right)}`
}

export function printOperand(operand: Operand | NumberLiteral | StringLiteral): string {
  switch (operand.kind) {
    case 'metric': return `metric['${operand.name}']`
    case 'call': return `${operand.name}(${operand.params.map(printOperand).join(', ')})`
    case 'number': return number(operand.value)
    case 'string': return quoted(operand.value)
  }
}

/** What the grammar can read: it knows no Infinity, and minus zero is not zero. */
function number(value: number): string {
  if (Object.is(value, -0)) return '-0'
  if (Number.isFinite(value)) return String(value)
  return value < 0 ? '-1e999' : '1e999'
}

const short: Readonly<Record<string, string>> =
  { "'": "\\'", '\\': '\\\\', '\b': '\\b', '\f': '\\f', '\n': '\\n', '\r': '\\r', '\t': '\\t' }

function quoted(value: string): string {
  // oxlint-disable-next-line no-control-regex -- control characters are what has to be escaped
  const escaped = value.replace(/['\\\u0000-\u001f\u007f]/g, c => short[c] ?? `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`)
  return `'${escaped}'`
}
