// Whether a browser really starts here and shows a page: `prove.ts <path>`. Says why not on standard error.
import { chromium } from 'playwright-core'

const [executablePath = ''] = process.argv.slice(2)
try {
  const browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu'], timeout: 30_000 })
  const page = await browser.newPage()
  await page.setContent('<p>shown</p>')
  if ((await page.textContent('p')) !== 'shown') throw new Error('It does not show a page.')
  await browser.close()
} catch (error) {
  const [reason] = String(error).split('\n')
  process.stderr.write(`${executablePath} does not work: ${reason}\n`)
  process.exitCode = 1
}
