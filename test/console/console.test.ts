import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { Browser, Page } from 'playwright-core'
import { findChromium, launch, openPage, startTarget, startVedette, user, type RunningVedette } from './running.ts'

const chromium = await findChromium()
const missing = 'chromium is not in PATH (Debian: apt install chromium)'
const skip = chromium === undefined && process.env.CI !== 'true' ? missing : false

/** Pictures of what the tests saw, for people; only where somebody asked for them. */
const pictures = process.env.VEDETTE_PICTURES
async function picture(page: Page, name: string): Promise<void> {
  if (pictures !== undefined) await page.screenshot({ path: `${pictures}/${name}.png`, fullPage: true })
}

const focused = async (page: Page): Promise<string> => String(await page.evaluate('document.activeElement.textContent'))
const see = (page: Page, text: string | RegExp) => page.getByText(text).first().waitFor({ timeout: 30_000 })

describe('the console in a browser', { skip }, () => {
  let browser: Browser
  let vedette: RunningVedette
  before(async () => {
    assert.ok(chromium, missing)
    browser = await launch(chromium)
    vedette = await startVedette()
  })
  after(async () => {
    await browser?.close()
    await vedette?.[Symbol.asyncDispose]()
  })

  const signedIn = async (page: Page): Promise<void> => {
    await page.goto(`${vedette.url}/#token=${user.token}`)
    await page.locator('header.bar').waitFor()
  }
  const watchedSite = async (label: string, url: string, criteria?: string): Promise<{ readonly entity: string; readonly check: string; readonly alarm: string }> => {
    const entity = String(await vedette.api('POST', 'entities', { label }))
    const check = String(await vedette.api('POST', `entities/${entity}/checks`, {
      type: 'remote.http', label: 'home page', details: { url }, target_hostname: '127.0.0.1', monitoring_zones_poll: ['mzone', 'mztwo', 'mzthree'], period: 2, timeout: 1,
    }))
    const alarm = String(await vedette.api('POST', `entities/${entity}/alarms`, { check_id: check, notification_plan_id: 'npTechnicalContactsEmail', label: 'up', ...(criteria === undefined ? {} : { criteria }) }))
    return { entity, check, alarm }
  }

  test('a person signs in with user and key, is told when they are wrong, and leaves', async () => {
    await using watched = await openPage(browser, vedette.url)
    const { page } = watched
    await page.goto(vedette.url)
    await page.getByLabel('User').fill(user.name)
    await page.getByLabel('API key or password').fill('not the key at all')
    await page.getByRole('button', { name: 'Sign in' }).click()
    await see(page, /did not fit/)
    await picture(page, 'sign-in')
    await page.getByLabel('API key or password').fill(user.key)
    await page.getByRole('button', { name: 'Sign in' }).click()
    await see(page, 'Nothing is watched yet')
    await picture(page, 'empty')
    await page.getByRole('button', { name: 'Sign out' }).click()
    await page.getByLabel('User').waitFor()
    assert.equal(await page.evaluate('sessionStorage.length'), 0)
    assert.deepEqual(watched.wrong, [])
  })

  test('the link of the first start signs in, and its token leaves the address bar and stays out of all addresses', async () => {
    await using watched = await openPage(browser, vedette.url)
    const asked: string[] = []
    watched.page.on('request', (request) => asked.push(request.url()))
    await signedIn(watched.page)
    assert.ok(!watched.page.url().includes(user.token))
    assert.deepEqual(asked.filter((url) => url.includes(user.token)), [])
    assert.deepEqual(watched.wrong, [])
  })

  test('a check is tried and added through the form, and its way down and up again is seen without a reload', async () => {
    await using target = await startTarget()
    await using receiver = await startTarget()
    await using watched = await openPage(browser, vedette.url)
    const { page } = watched
    await signedIn(page)
    await page.getByRole('link', { name: 'Add', exact: true }).click()
    await page.locator('input[name=url]').fill(target.url)
    await page.locator('input[name=period]').fill('2')
    await page.getByRole('button', { name: 'Try it now' }).click()
    await page.locator('.looks').getByText(/code=200/).first().waitFor()
    assert.equal(await page.locator('.looks').getByText(/code=200/).count(), 3)

    const criteria = page.getByLabel('Alarm criteria')
    const good = await criteria.inputValue()
    await criteria.fill(good.replace('return new', 'return neu'))
    await page.locator('.sheet mark').first().waitFor()
    await see(page, /Line 1, column/)
    await picture(page, 'form-with-mistake')
    await criteria.fill(good)
    await page.locator('.sheet mark').first().waitFor({ state: 'detached' })
    await page.getByRole('button', { name: 'What would it say now?' }).click()
    await see(page, /answers 200 in/)

    await page.locator('input[name=address]').fill(`${receiver.url}hook`)
    await page.locator('input[name=entity-label]').fill('the shop')
    await picture(page, 'form')
    await page.getByRole('button', { name: 'Add', exact: true }).click()
    const state = page.locator('.head h1 .badge .word')
    await page.locator('.head h1', { hasText: 'ok' }).waitFor({ timeout: 30_000 })
    await page.locator('.bar-of-phases').first().waitFor()
    await page.evaluate('document.body.dataset.same = "page"')

    target.answer = 503
    await page.locator('.head h1', { hasText: 'critical' }).waitFor({ timeout: 30_000 })
    assert.equal(await state.textContent(), 'critical')
    await picture(page, 'check-critical')
    await page.getByRole('link', { name: 'Now', exact: true }).click()
    await page.locator('.bad-row', { hasText: 'the shop' }).locator('.why', { hasText: 'answers 503' }).waitFor()
    await picture(page, 'now-critical')
    await page.locator('.bad-row', { hasText: 'the shop' }).click()
    await see(page, 'told 1 of 1')
    await see(page, /✓ Computed again here/)
    await see(page, /Success: Webhook/)
    await picture(page, 'ledger')
    assert.equal(receiver.posts.filter((body) => body.includes('answers 503')).length, 1)

    target.answer = 200
    await page.locator('.head h1', { hasText: 'ok' }).waitFor({ timeout: 30_000 })
    await page.getByRole('link', { name: 'Now', exact: true }).click()
    await page.locator('h1.calm').waitFor()
    await see(page, /last observation \d+ s ago/)
    assert.equal(await page.evaluate('document.body.dataset.same'), 'page')
    await picture(page, 'now-calm')
    assert.deepEqual(watched.wrong, [])
  })

  test('a job\'s check shows the address where it reports', async () => {
    await using watched = await openPage(browser, vedette.url)
    const { page } = watched
    await signedIn(page)
    await page.goto(`${vedette.url}/#/add`)
    await page.getByText('Job that reports').click()
    await page.locator('input[name=entity-label]').fill('the backup')
    await page.locator('input[name=grace]').fill('30')
    await page.locator('input[name=wanted]').uncheck()
    await picture(page, 'form-heartbeat')
    await page.getByRole('button', { name: 'Add', exact: true }).click()
    await see(page, 'Where the job reports')
    const url = await page.getByLabel('text to copy').inputValue()
    assert.ok((await fetch(url, { method: 'POST' })).ok)
    await page.locator('.head h1', { hasText: 'ok' }).waitFor({ timeout: 30_000 })
    assert.deepEqual(watched.wrong, [])
  })

  test('everything is reached by keys', async () => {
    await using target = await startTarget()
    const { entity, check } = await watchedSite('keys.example', target.url)
    await using watched = await openPage(browser, vedette.url)
    const { page } = watched
    await signedIn(page)
    await page.locator('main h1').waitFor()
    await page.locator('body').press('e')
    await see(page, 'keys.example')
    await page.keyboard.press('/')
    await page.keyboard.type('keys.ex')
    await page.keyboard.press('Enter')
    assert.match(await focused(page), /home page/)
    await page.keyboard.press('j')
    assert.match(await focused(page), /alarm/)
    await page.keyboard.press('k')
    await page.keyboard.press('Enter')
    await page.waitForURL(`${vedette.url}/#/checks/${entity}/${check}`)
    await page.keyboard.press('?')
    await page.getByRole('heading', { name: 'Keys' }).waitFor()
    await page.keyboard.press('Escape')
    await page.getByRole('heading', { name: 'Keys' }).waitFor({ state: 'hidden' })
    await page.reload()
    await page.locator('main h1').waitFor()
    await page.keyboard.press('Tab')
    assert.equal(await focused(page), 'Skip to what matters')
    await page.keyboard.press('Enter')
    assert.equal(await page.evaluate('document.activeElement.id'), 'main')
    assert.deepEqual(watched.wrong, [])
  })

  test('on a phone, in the dark, nothing sticks out and everything can be read', async () => {
    await using target = await startTarget()
    const { entity, check, alarm } = await watchedSite('a-very-long-name-of-a-server.in-a-rack.example.org', target.url)
    await using watched = await openPage(browser, vedette.url, { viewport: { width: 360, height: 740 }, colorScheme: 'dark' })
    const { page } = watched
    await signedIn(page)
    const views = { now: '#/', entities: '#/entities', check: `#/checks/${entity}/${check}`, alarm: `#/alarms/${entity}/${alarm}`, add: '#/add' }
    for (const [name, hash] of Object.entries(views)) {
      await page.goto(`${vedette.url}/${hash}`)
      await page.locator('main h1').waitFor()
      assert.equal(await page.evaluate('document.documentElement.scrollWidth'), 360, name)
      await picture(page, `phone-${name}`)
    }
    const lightness = () => page.evaluate('getComputedStyle(document.body).backgroundColor')
    assert.equal(await lightness(), 'rgb(17, 22, 27)')
    await page.getByRole('button', { name: 'Light or dark' }).click()
    assert.equal(await lightness(), 'rgb(251, 250, 246)')
    await page.reload()
    await page.locator('main h1').waitFor()
    assert.equal(await lightness(), 'rgb(251, 250, 246)', 'a chosen theme outlives a reload')
    assert.deepEqual(watched.wrong, [])
  })

  test('names from outside are text, whatever they say', async () => {
    await vedette.api('POST', 'entities', { label: '<img src=x onerror="document.title=1">' })
    await using watched = await openPage(browser, vedette.url)
    await signedIn(watched.page)
    await watched.page.goto(`${vedette.url}/#/entities`)
    await see(watched.page, '<img src=x')
    assert.equal(await watched.page.locator('main img').count(), 0)
    assert.deepEqual(watched.wrong, [])
  })

  test('a long list keeps only what can be seen in the page', async () => {
    const entity = String(await vedette.api('POST', 'entities', { label: 'many' }))
    for (let i = 0; i < 300; i++) {
      await vedette.api('POST', `entities/${entity}/checks`, { type: 'remote.http', label: `check ${i}`, disabled: true, details: { url: 'http://127.0.0.1/' }, target_hostname: '127.0.0.1', monitoring_zones_poll: ['mzone'] })
    }
    await using watched = await openPage(browser, vedette.url, { viewport: { width: 1200, height: 800 } })
    const { page } = watched
    await signedIn(page)
    await page.goto(`${vedette.url}/#/entities?q=many`)
    await page.locator('.virtual li').nth(10).waitFor()
    assert.ok(await page.locator('.virtual li').count() < 60)
    await page.evaluate('scrollTo(0, document.body.scrollHeight)')
    await see(page, 'check 299')
    assert.ok(await page.locator('.virtual li').count() < 60)
    assert.deepEqual(watched.wrong, [])
  })
})

describe('the console when the server goes', { skip }, () => {
  test('it says so at once, and shows nothing as fine', async () => {
    assert.ok(chromium, missing)
    const browser = await launch(chromium)
    const vedette = await startVedette()
    try {
      await using target = await startTarget()
      const entity = await vedette.api('POST', 'entities', { label: 'site' })
      await vedette.api('POST', `entities/${String(entity)}/checks`, { type: 'remote.http', label: 'home', details: { url: target.url }, target_hostname: '127.0.0.1', monitoring_zones_poll: ['mzone'], period: 2, timeout: 1 })
      await using watched = await openPage(browser, vedette.url)
      const { page } = watched
      await page.goto(`${vedette.url}/#token=${user.token}`)
      await page.locator('h1.calm').waitFor({ timeout: 30_000 })
      await vedette[Symbol.asyncDispose]()
      await page.getByRole('alert').getByText(/No connection/).waitFor({ timeout: 30_000 })
      await page.locator('h1.calm').waitFor({ state: 'detached' })
      assert.match(await page.title(), /no connection/)
      await page.getByText('1 unknown').first().waitFor({ timeout: 30_000 })
      await picture(page, 'lost')
      assert.deepEqual(watched.wrong, [])
    } finally {
      await browser.close()
    }
  })
})
