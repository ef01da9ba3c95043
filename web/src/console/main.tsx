import { show } from '../page/show.tsx'
import { Console } from './console.tsx'

show(<Console />)
