import type { FastifyInstance } from 'fastify'
import type { AlarmLedger } from '../../contracts/alarm-ledger.ts'
import type { Channel, DeliveryOutcome } from '../../contracts/channel.ts'
import type { CheckType } from '../../contracts/check-type.ts'
import type { Clock } from '../../contracts/clock.ts'
import type { ConfigurationRepository } from '../../contracts/configuration.ts'
import type { Feed } from '../../contracts/feed.ts'
import type { Log } from '../../contracts/log.ts'
import type { Lookout } from '../../contracts/lookout.ts'
import type { MetricStore } from '../../contracts/metric-store.ts'
import type { ObservationStore } from '../../contracts/observation-store.ts'
import type { Outbox } from '../../contracts/outbox.ts'
import type { Random } from '../../contracts/random.ts'
import type { SecretBox } from '../../contracts/secret-box.ts'
import type { Notification, Role } from '../../core/entities/resources.ts'
import type { Observation } from '../../core/observation.ts'
import type { ZonesDown } from '../../flows/zones-down.ts'
import type { Place } from '../../core/wire/page.ts'
import type { ApiSettings } from './settings.ts'

/** What the API needs of the world. */
export interface ApiDeps {
  readonly configuration: ConfigurationRepository
  readonly ledger: AlarmLedger
  readonly outbox: Outbox
  readonly observations: ObservationStore
  readonly metrics: MetricStore
  readonly lookout: Lookout
  readonly checkTypes: readonly CheckType[]
  readonly channels: readonly Channel[]
  /** sends a test message; its details are stored ones, sealed where they are secret */
  readonly testNotification: (tenant: string, notification: Notification) => Promise<DeliveryOutcome>
  /** brings the alarm rows of an entity in line; awaited after each commit to it */
  readonly configured: (tenant: string, entity: string) => Promise<void>
  /** takes an observation that came by HTTP; durable when it resolves */
  readonly ingest: (observation: Observation) => Promise<void>
  /** which of these silent zones are known to be down themselves; absent: nobody knows */
  readonly zonesDown?: ZonesDown
  readonly settings: ApiSettings
  readonly clock: Clock
  readonly random: Random
  readonly secretBox: SecretBox
  readonly log: Log
  readonly feed: Feed
  /** lets other roles put their routes on the same server, before it listens */
  readonly extend?: (app: FastifyInstance, access: Access) => Promise<void> | void
}

/** Who asks, as their token says. */
export interface Session { readonly tenant: string; readonly user: string; readonly roles: readonly Role[]; readonly expiresAt: number | null }

/** Signing in, for those who share the server. */
export interface Access {
  /** who a token belongs to; undefined when it is unknown or expired */
  authenticate(token: string): Promise<Session | undefined>
}

/** One request on its way through a handler; what it carries has been validated against its route. */
export interface Call {
  readonly tenant: string
  readonly session: Session
  readonly params: Readonly<Record<string, string>>
  readonly query: Readonly<Record<string, unknown>>
  readonly body: Readonly<Record<string, unknown>>
  /** names keys that a handler found to be unknown, for X-Vedette-Ignored */
  readonly ignored: string[]
  readonly txnId: string
  /** 'http://host:port' as the client knows it */
  readonly origin: string
  readonly place: Place
  /** aborts when the client has gone or the server stops */
  readonly signal: AbortSignal
}

export type Reply =
  | { readonly kind: 'value'; readonly value: unknown }
  /** `path` is relative to the tenant's address */
  | { readonly kind: 'created' | 'updated'; readonly path: string; readonly id: string }
  | { readonly kind: 'deleted' }
export type Handler = (call: Call) => Promise<Reply>

export const value = (answer: unknown): Reply => ({ kind: 'value', value: answer })
