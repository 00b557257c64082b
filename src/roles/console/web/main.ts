import { render } from 'preact'
import { html } from './html.ts'
import { App } from './app.ts'
import './theme.ts'

const place = document.getElementById('app')
if (place !== null) render(html`<${App} />`, place)
