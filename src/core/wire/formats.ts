import Format from 'typebox/format'

/** The formats that our schemas name beyond those of JSON Schema. */
const ours: Readonly<Record<string, (text: string) => boolean>> = {
  ip: (text) => Format.IsIPv4(text) || Format.IsIPv6(text),
  host: (text) => isHostname(text) || Format.IsIPv4(text) || Format.IsIPv6(text),
}
for (const [name, check] of Object.entries(ours)) Format.Set(name, check)

/** Whether a text has a format; a format that nobody knows asks for nothing. */
export function hasFormat(format: string, text: string): boolean {
  return !Format.Has(format) || Format.Test(format, text)
}

// Underscores are no part of host names, and of many names that resolve.
function isHostname(text: string): boolean {
  const name = text.endsWith('.') ? text.slice(0, -1) : text
  if (name.length === 0 || name.length > 253) return false
  const labels = name.split('.')
  const numeric = /^\d+$/.test(labels.at(-1) ?? '')
  return !numeric && labels.every((label) => /^[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?$/.test(label))
}
