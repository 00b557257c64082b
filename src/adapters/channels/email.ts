import { Type } from 'typebox'
import { cut, emailSubject, emailText, oneLine } from '../../core/routing/text.ts'
import type { Message } from '../../core/routing/message.ts'
import { defineChannel, type DeliveryOutcome } from '../../contracts/channel.ts'
import { matching } from './fields.ts'
import { failureText } from './http.ts'

/** The operator's mail server, which is why the forbidden ranges do not apply to it. */
export interface SmtpSettings {
  readonly host: string
  readonly port: number
  /** TLS from the first byte; otherwise STARTTLS is used where the server offers it, and demanded with `requireTls` */
  readonly secure: boolean
  readonly requireTls?: boolean
  readonly user?: string
  readonly password?: string
  readonly from: string
}

/** Without settings the type still exists, so that notifications can be made; nothing is sent until there is a server. */
export const emailChannel = (smtp: SmtpSettings | null) => defineChannel({
  type: 'email',
  about: 'Sends an e-mail',
  details: Type.Object({ address: matching('^[^\\s@<>(),;:"]+@[^\\s@<>(),;:"]+$', 'Whom to write to') }),
  secrets: [],
  async deliver({ details, message, clock, signal }) {
    if (smtp === null) return { kind: 'try-again', message: 'No mail server is configured' }
    // Loaded with the first letter: with what it needs of Node it takes 15 MB.
    const { createTransport } = await import('nodemailer')
    const transport = createTransport({ ...transportOf(smtp), disableFileAccess: true, disableUrlAccess: true })
    try {
      await transport.sendMail({ ...letter(message, smtp.from), to: details.address, date: new Date(clock.now()), signal })
      return { kind: 'delivered', message: 'Success: Email successfully sent' }
    } catch (error) {
      return outcomeOf(error, signal)
    } finally {
      transport.close()
    }
  },
})

function transportOf({ host, port, secure, requireTls, user, password }: SmtpSettings) {
  const auth = user === undefined ? {} : { auth: { user, pass: password ?? '' } }
  return { host, port, secure, requireTLS: requireTls ?? false, maxResponseSize: 65_536, socketCloseTimeout: 0, ...auth }
}

/** One Message-ID a delivery, whatever the attempt, so that a duplicate can be recognised; mails of one alarm form a thread. */
function letter(message: Message, from: string) {
  const domain = /@([A-Za-z0-9.-]+)>?\s*$/.exec(from)?.[1] ?? 'vedette.invalid'
  return {
    from, subject: emailSubject(message), text: emailText(message),
    messageId: `<${message.key.replaceAll(':', '.')}@${domain}>`,
    references: `<${message.entry.key.alarm}@${domain}>`,
    headers: { 'X-Vedette-Key': message.key, 'Auto-Submitted': 'auto-generated', 'X-Auto-Response-Suppress': 'All' },
  }
}

/** The server read recipient or letter and refuses for good (5yz). A refused login is the operator's to mend, so it is tried again. */
function outcomeOf(error: unknown, signal: AbortSignal): DeliveryOutcome {
  const refusal = responseOf(error)
  if (refusal === undefined || signal.aborted) return { kind: 'try-again', message: failureText(error, signal) }
  const message = `The mail server says: ${cut(oneLine(refusal.text), 200)}`
  return { kind: refusal.code >= 500 && ['RCPT TO', 'DATA'].includes(refusal.command) ? 'give-up' : 'try-again', message }
}

function responseOf(error: unknown): { code: number; text: string; command: string } | undefined {
  if (!(error instanceof Error) || !('responseCode' in error) || typeof error.responseCode !== 'number') return undefined
  const response = 'response' in error && typeof error.response === 'string' ? error.response : error.message
  return { code: error.responseCode, text: response, command: 'command' in error ? String(error.command) : '' }
}
