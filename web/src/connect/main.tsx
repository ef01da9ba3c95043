import { show } from '../page/show.tsx'
import { ConnectPage } from './connect-page.tsx'
import { rememberOpener } from './opener-hint.ts'

const token = decodeURIComponent(location.pathname.split('/')[2] ?? '')
rememberOpener(token)
show(<ConnectPage token={token} />)
