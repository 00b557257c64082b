import type { Channel } from '../../contracts/channel.ts'
import { discord } from './discord.ts'
import { emailChannel, type SmtpSettings } from './email.ts'
import { ntfy } from './ntfy.ts'
import { pagerduty } from './pagerduty.ts'
import { slack } from './slack.ts'
import { telegram } from './telegram.ts'
import { victorops } from './victorops.ts'
import { webhook } from './webhook.ts'

export type { SmtpSettings }

/** Every way to reach somebody, one line each; `smtp` is null where the operator named no mail server. */
export function allChannels(smtp: SmtpSettings | null): readonly Channel[] {
  return [
    webhook,
    emailChannel(smtp),
    pagerduty,
    victorops,
    slack,
    discord,
    telegram,
    ntfy,
  ]
}
