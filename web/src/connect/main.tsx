import { show } from '../page/show.tsx'
import { ConnectPage } from './connect-page.tsx'

show(<ConnectPage token={decodeURIComponent(location.pathname.split('/')[2] ?? '')} />)
