import { Type } from 'typebox'
import { defineCheckType } from '../../contracts/check-type.ts'

/** Vedette's own report about itself, made by the process that answers for it; nobody probes it. */
export const agentVedette = defineCheckType({
  type: 'agent.vedette',
  category: 'agent',
  about: 'What Vedette says of itself',
  details: Type.Object({}),
  metrics: {
    up: { type: 'i', unit: 'boolean', about: 'always 1: a gap in it is an outage of Vedette' },
    problems: { type: 'i', unit: 'count', about: 'how many things are wrong now, as /readyz names them' },
    problem: { type: 's', unit: 'unknown', about: 'the first of them in words' },
    warnings: { type: 'i', unit: 'count', about: 'how much trouble it knows of that keeps it from nothing, as /readyz names it' },
    warning: { type: 's', unit: 'unknown', about: 'the first of it in words' },
    checks: { type: 'l', unit: 'count', about: 'checks that this process runs' },
    runs: { type: 'l', unit: 'count', about: 'probes since the start' },
    stressed: { type: 'l', unit: 'count', about: 'observations that did not vote since the start' },
    stored: { type: 'l', unit: 'count', about: 'observations stored since the start' },
    changes: { type: 'l', unit: 'count', about: 'state changes since the start' },
    deliveries_given_up: { type: 'l', unit: 'count', about: 'deliveries given up or expired since the start' },
    loop_lag: { type: 'n', unit: 'milliseconds', about: 'longest standstill of the event loop since the observation before' },
    rss: { type: 'l', unit: 'bytes', about: 'memory of the process' },
  },
})
