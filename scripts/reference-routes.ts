import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { errorTypes, type ErrorType } from '../src/core/wire/errors.ts'
import { commonErrors, routes, type Route } from '../src/core/wire/routes.ts'

/** The pages about the HTTP API that are made from its tables, by their names in docs/reference. */
export function referencePages(): Readonly<Record<string, string>> {
  return { 'routes.md': routesPage(), 'errors.md': errorsPage() }
}

const generated = (what: string) => `<!-- Generated from ${what} by \`node scripts/reference-routes.ts\`. -->\n`

function routesPage(): string {
  const rows = (Object.values(routes) as readonly Route[]).map((route) => `| ${route.method} | \`${route.path}\` | ${route.about} | ${route.right} | ${answerOf(route)} | ${ownErrors(route)} |`)
  return `${generated('the table of routes in `src/core/wire/routes.ts`')}
# Routes

All addresses stand under \`/v1.0/{tenantId}\` and ask for \`X-Auth-Token\`. \`GET /openapi.json\` describes them to programs, with every field,
header and status; [errors.md](errors.md) tells what each error means. Every route may also answer ${commonErrors.map((type) => `\`${type}\``).join(', ')}.

| | address | | right | answer | errors of its own |
| --- | --- | --- | --- | --- | --- |
${rows.join('\n')}

Without a token of an account:

| | address | |
| --- | --- | --- |
| POST | \`/v2.0/tokens\` | signs in with an API key or a password, as Keystone's identity service v2.0 does; the token lasts a day |
| GET, POST, HEAD | \`/heartbeat/{tenantId}/{entityId}/{checkId}/{key}\`, and with \`/fail\` | a job reports; a JSON object in the body becomes metrics, any other text the status |
| GET | \`/openapi.json\` | the OpenAPI 3.1 document |

## Where the reference is silent

- A token of another account gets 403 \`forbiddenError\`, whether or not that account or the object exists.
- A method that an address does not have gets 405 and \`Allow\`.
- PUT replaces \`details\`, \`metadata\` and lists as a whole. A secret that comes back as \`********\` is kept; left out, it goes.
- What may not change (\`id\`, \`type\`, \`check_id\`, \`entity_id\`) may be named with the value that it has; timestamps and other read-only keys are passed over.
- A notification that a plan names, and a private zone that a check names, cannot be deleted: 403, with the names of who uses it.
- A timeout that is not given is 30 s, or half a period where that is shorter.
- Requests are counted in each process: several API processes together let more through than one.
- A change that met another one is made again inside; after a few times the answer is 503 with \`Retry-After\`. 409 is never used, because clients take it for success.
- A plot has at most 1440 points; \`next_marker\` is the time at which the rest begins, and may be sent as \`marker\`.
- An alarm whose zones are not heard is shown as UNKNOWN in \`latest_alarm_states\`, with the recorded state as its previous one.
- A check that is only tried gets at most 60 s, whatever its timeout says.
- \`_who\` and \`_why\` of a change are kept in the server's log.
`
}

function answerOf({ answer }: Route): string {
  if (answer.status === 200) return '200, JSON'
  return answer.located ? `${answer.status}, \`Location\`, \`X-Object-ID\`` : String(answer.status)
}

function ownErrors({ errors }: Route): string {
  return [...new Set(errors)].map((type) => `\`${type}\``).join(', ')
}

function errorsPage(): string {
  const rows = (Object.keys(errorTypes) as ErrorType[]).map((type) => `| ${errorTypes[type].status} | \`${type}\` | ${errorTypes[type].about} | ${errorTypes[type].retry ? 'yes' : ''} |`)
  return `${generated('`src/core/wire/errors.ts`')}
# Errors

Every error is a JSON object with \`type\`, \`code\` (the status), \`message\`, \`details\` and \`txnId\`, which is also in \`X-Response-Id\` and in the
server's log. An invalid value is named in the message, \`Validation error for key 'details.url'\`; \`details\` tells the rule and what was found,
never a secret. \`details\` of an \`alarmParseError\` is an object: \`input\`, \`error_position\`, \`error_line\`, \`error_column\`, \`error_token\`,
\`message\`, and \`problems\` with all that was found.

| status | type | meaning | trying again may help |
| --- | --- | --- | --- |
${rows.join('\n')}

With the last kind come \`Retry-After\` and, where the rate is the reason, \`Reply-After\`, which is the reference's own word for it: seconds.
`
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const folder = fileURLToPath(new URL('../docs/reference', import.meta.url))
  for (const [name, page] of Object.entries(referencePages())) await writeFile(join(folder, name), page)
}
