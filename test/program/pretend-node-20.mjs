// Makes the Node.js that loads this say that it is an old one, as it would on a machine that has no newer.
Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '20.11.0' } })
Object.defineProperty(process, 'version', { value: 'v20.11.0' })
