import { h, type VNode } from 'preact'
import htm from 'htm'

// A template with one root gives one node; ours have one root each.
export const html = htm.bind(h) as (strings: TemplateStringsArray, ...values: unknown[]) => VNode
