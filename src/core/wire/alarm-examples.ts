import { compileText } from '../alarm-language/index.ts'
import { invalid } from './errors.ts'

const whole = 'whole number (may be zero padded)'
type FieldType = 'string' | 'integer' | typeof whole
export interface ExampleField { readonly name: string; readonly description: string; readonly type: FieldType }

/** A template of criteria with `${field}` where a value belongs (reference, section 16). */
export interface Example {
  readonly id: string
  readonly label: string
  readonly description: string
  readonly check_type: string
  readonly criteria: string
  readonly fields: readonly ExampleField[]
}

const field = (name: string, description: string, type: FieldType): ExampleField => ({ name, description, type })
const thresholds = (unit: string, type: FieldType): readonly ExampleField[] => [
  field('warning_threshold', `WARNING beyond this (${unit})`, type), field('critical_threshold', `CRITICAL beyond this (${unit})`, type),
]
const ok = (message: string) => `return new AlarmStatus(OK, '${message}');`
const when = (condition: string, state: 'OK' | 'WARNING' | 'CRITICAL', message: string) => `if (${condition}) {\n  return new AlarmStatus(${state}, '${message}');\n}\n`
/** CRITICAL and WARNING beyond two thresholds, in this order. */
const twoSteps = (value: string, operator: '>' | '<', message: string) =>
  when(`${value} ${operator} \${critical_threshold}`, 'CRITICAL', message) + when(`${value} ${operator} \${warning_threshold}`, 'WARNING', message) + ok(message)

function example(id: string, label: string, description: string, criteria: string, fields: readonly ExampleField[] = []): Example {
  const checkType = id.startsWith('agent.') ? agentTypes[id] ?? id : id.replace(/_.*$/, '')
  return { id, label, description, check_type: checkType, criteria, fields }
}
const agentTypes: Readonly<Record<string, string>> = {
  'agent.cpu_usage_average': 'agent.cpu', 'agent.memory_usage': 'agent.memory', 'agent.filesystem_usage': 'agent.filesystem', 'agent.high_load_average': 'agent.load_average',
  'agent.network_transmit_rate': 'agent.network', 'agent.network_receive_rate': 'agent.network', 'agent.mysql_threads_connected_threshold': 'agent.mysql',
}

const rateExample = (direction: 'transmit' | 'receive', metric: string): Example => example(`agent.network_${direction}_rate`, `Network ${direction} rate`,
  `Two steps for the ${direction} rate of an interface, in bytes a second`,
  `# interface: \${interface}\n${twoSteps(`rate(metric['${metric}'])`, '>', `Network ${direction} rate`)}`,
  [field('interface', 'the interface that the check watches', 'string'), ...thresholds('bytes a second', whole)])

export const alarmExamples: readonly Example[] = [
  example('remote.http_body_match_1', 'Body match', 'CRITICAL when the body contains something',
    when("metric['body_match'] regex '.*${string}.*'", 'CRITICAL', 'The text was found in the body') + ok('The text was not found in the body'), [field('string', 'what to look for', 'string')]),
  example('remote.http_body_match_missing_string', 'Body match, missing', 'CRITICAL when what the check looks for is not in the body',
    when("metric['body_match'] == ''", 'CRITICAL', 'The text is missing from the body') + ok('The text is in the body')),
  example('remote.http_connection_time', 'Connection time', 'Two steps for how long a request takes',
    twoSteps("metric['duration']", '>', 'The request took #{duration} ms'), thresholds('milliseconds', 'integer')),
  example('remote.http_status_code', 'Status code', 'CRITICAL when the server answers 4xx or 5xx',
    when("metric['code'] regex '4[0-9][0-9]'", 'CRITICAL', 'The server answers #{code}') + when("metric['code'] regex '5[0-9][0-9]'", 'CRITICAL', 'The server answers #{code}') + ok('The server answers #{code}')),
  example('remote.http_cert_expiration', 'Certificate expiration', 'Two steps for how long the certificate is still good',
    twoSteps("metric['cert_end_in']", '<', 'The certificate ends in #{cert_end_in} s'), thresholds('seconds left', 'integer')),
  example('remote.dns_address_match', 'DNS address', 'CRITICAL unless the answer holds an address',
    when("metric['answer'] regex '.*${address}.*'", 'OK', 'The address is in the answer') + "return new AlarmStatus(CRITICAL, 'The address is not in the answer');", [field('address', 'the address that is expected', 'string')]),
  example('remote.ssh_fingerprint_match', 'SSH fingerprint', 'CRITICAL when the host key is another one',
    when("metric['fingerprint'] != '${fingerprint}'", 'CRITICAL', 'The host key is #{fingerprint}') + ok('The host key is the one that is expected'), [field('fingerprint', 'the fingerprint that is expected', 'string')]),
  example('remote.ping_packet_loss', 'Packet loss', 'CRITICAL when less than 80 % of the packets return, WARNING below 95 %',
    when("metric['available'] < 80", 'CRITICAL', '#{available} % of the packets return') + when("metric['available'] < 95", 'WARNING', '#{available} % of the packets return') + ok('#{available} % of the packets return')),
  example('remote.tcp_connection_time', 'Connection time', 'Two steps for how long a connection takes',
    twoSteps("metric['duration']", '>', 'The connection took #{duration} ms'), thresholds('milliseconds', 'integer')),
  example('remote.dns_spf_record_include_match', 'SPF include', 'CRITICAL unless the SPF record includes a domain',
    when("metric['answer'] regex 'v=spf1.* include:${domain} .*[~|-]all'", 'OK', 'The SPF record includes the domain') + "return new AlarmStatus(CRITICAL, 'The SPF record does not include the domain');", [field('domain', 'the domain that is to be included', 'string')]),
  example('remote.dns_dkim_public_key_match', 'DKIM key', 'CRITICAL unless the DKIM record holds a public key',
    when("metric['answer'] regex '.*p=${public_key}$'", 'OK', 'The DKIM record holds the key') + "return new AlarmStatus(CRITICAL, 'The DKIM record does not hold the key');", [field('public_key', 'the key that is expected', 'string')]),
  example('agent.cpu_usage_average', 'CPU usage', 'Two steps for the average CPU usage', twoSteps("metric['usage_average']", '>', 'CPU usage is #{usage_average} %'), thresholds('percent', whole)),
  example('agent.memory_usage', 'Memory usage', 'CRITICAL above 90 % of the memory, WARNING above 80 %',
    when("percentage(metric['actual_used'], metric['total']) > 90", 'CRITICAL', 'Memory is above 90 %') + when("percentage(metric['actual_used'], metric['total']) > 80", 'WARNING', 'Memory is above 80 %') + ok('Memory is below 80 %')),
  example('agent.filesystem_usage', 'File system usage', 'Two steps for how full a file system is',
    twoSteps("percentage(metric['used'], metric['total'])", '>', 'File system usage'), thresholds('percent', whole)),
  example('agent.high_load_average', 'Load average', 'Two steps for the load over five minutes', twoSteps("metric['5m']", '>', 'The load is #{5m}'), thresholds('load', whole)),
  rateExample('transmit', 'tx_bytes'),
  rateExample('receive', 'rx_bytes'),
  example('agent.mysql_threads_connected_threshold', 'MySQL connections', 'WARNING when more threads are connected',
    when("metric['threads.connected'] > ${threads.connected.threshold}", 'WARNING', '#{threads.connected} threads are connected') + ok('#{threads.connected} threads are connected'), [field('threads.connected.threshold', 'WARNING above this', whole)]),
]

/** The criteria with their values in place; refuses what is missing, no number, or does not make criteria. */
export function bindExample({ criteria, fields }: Example, values: Readonly<Record<string, string | number>>): string {
  const bound = fields.reduce((text, { name, type }) => text.replaceAll(`\${${name}}`, () => textOf(name, type, values[name])), criteria)
  const compiled = compileText(bound)
  if (!compiled.ok) throw invalid('values', `they do not make criteria: ${compiled.problems[0]?.message ?? ''}`)
  return bound
}

function textOf(name: string, type: FieldType, value: string | number | undefined): string {
  if (value === undefined) throw invalid(`values.${name}`, `Missing required key (${name})`)
  if (type !== 'string') {
    if (!/^\d{1,15}$/.test(String(value))) throw invalid(`values.${name}`, `must be a ${type}; found ${JSON.stringify(String(value).slice(0, 60))}`)
    return String(Number(value))
  }
  // It stands in a quoted text, and in one comment.
  return String(value).replaceAll(/[\\'"]/g, '\\$&').replaceAll(/\s/g, ' ')
}
