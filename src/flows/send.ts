import type { Static, TObject } from 'typebox'
import type { FrozenNotification } from '../core/alarm-row.ts'
import type { Message } from '../core/routing/message.ts'
import { fit } from '../core/wire/fit.ts'
import type { Channel, DeliveryOutcome } from '../contracts/channel.ts'
import type { Resolver } from '../contracts/check-type.ts'
import type { Clock } from '../contracts/clock.ts'
import type { Log } from '../contracts/log.ts'
import type { SecretBox } from '../contracts/secret-box.ts'
import { hideSecrets, openDetails } from './delivery-message.ts'

export interface SendDeps {
  readonly channels: ReadonlyMap<string, Channel>
  readonly secretBox: SecretBox
  readonly resolver: Resolver
  readonly clock: Clock
  readonly log: Log
}

/**
 * One attempt at one notification, ended by `timeout` or the signal; never throws. What is wrong with us (a key that
 * does not open, a channel that is not there) may be mended, so it is tried again.
 */
export async function send(deps: SendDeps, notification: FrozenNotification['notification'], message: Message, timeout: number, parent: AbortSignal): Promise<DeliveryOutcome> {
  const channel = deps.channels.get(notification.type)
  if (channel === undefined) return { kind: 'try-again', message: `There is no channel of type ${notification.type} here` }
  const details = opened(deps, notification)
  if (details === undefined) return { kind: 'try-again', message: 'The secrets of the notification cannot be opened here' }
  if (!fit(channel.details, details).ok) return { kind: 'give-up', message: `The details are not those of a ${channel.type} notification` }
  const outcome = await attempt(deps, channel, details, message, timeout, parent)
  return { ...outcome, message: hideSecrets(outcome.message, details, channel.secrets) }
}

function opened({ secretBox, log }: SendDeps, { id, details }: FrozenNotification['notification']): Record<string, unknown> | undefined {
  try {
    return openDetails(details, secretBox)
  } catch {
    log.error({ notification: id }, 'the secrets of a notification cannot be opened: was the key of this installation changed?')
    return undefined
  }
}

async function attempt({ clock, resolver, log }: SendDeps, channel: Channel, details: Static<TObject>, message: Message, timeout: number, parent: AbortSignal): Promise<DeliveryOutcome> {
  using deadline = clock.deadline(timeout, parent)
  try {
    return await channel.deliver({ details, message, clock, resolver, signal: deadline.signal, log: log.with({ channel: channel.type, key: message.key }) })
  } catch (error) {
    // Only the name: the text may show what was sent.
    const name = error instanceof Error ? error.name : 'unknown'
    log.error({ channel: channel.type, delivery: message.key, error: name }, 'a channel threw, which is a bug')
    return { kind: 'try-again', message: `Internal error: ${name}` }
  }
}
