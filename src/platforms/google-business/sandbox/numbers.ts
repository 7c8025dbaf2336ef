/** The imitation's own numbers, typed from the fact sheet (google-business.md §3, §6, §7, §10), never from the client. */

export const SCOPE = 'https://www.googleapis.com/auth/business.manage'
export const OLD_SCOPE = 'https://www.googleapis.com/auth/plus.business.manage'
export const scopeWords: Record<string, string> = {
  [SCOPE]: 'See, edit, create and delete your Google business listings',
  [OLD_SCOPE]: 'Manage your business listings on Google',
}

/** Requests a minute to one API of one project; changes a minute to one profile. */
export const qpm = 300
export const editsAMinute = 10

export const summaryMax = 1500
export const titleMax = 58
export const photosMax = 1
export const photo = {
  types: ['image/jpeg', 'image/png'] as readonly string[],
  minBytes: 10 * 1024,
  maxBytes: 5_000_000,
  minSide: 250,
}

export const topics = ['STANDARD', 'EVENT', 'OFFER']
export const actions = ['BOOK', 'ORDER', 'SHOP', 'LEARN_MORE', 'SIGN_UP', 'CALL']
export const days = ['MONDAY', 'TUESDAY', 'WEDNESDAY', 'THURSDAY', 'FRIDAY', 'SATURDAY', 'SUNDAY']
export const occurrences = ['FIRST', 'SECOND', 'THIRD', 'FOURTH', 'LAST']

export const pages = {
  accounts: { usual: 20, most: 20 },
  locations: { usual: 10, most: 100 },
  posts: { usual: 20, most: 100 },
}

export const dailyMetrics = [
  'BUSINESS_IMPRESSIONS_DESKTOP_MAPS',
  'BUSINESS_IMPRESSIONS_DESKTOP_SEARCH',
  'BUSINESS_IMPRESSIONS_MOBILE_MAPS',
  'BUSINESS_IMPRESSIONS_MOBILE_SEARCH',
  'BUSINESS_CONVERSATIONS',
  'BUSINESS_DIRECTION_REQUESTS',
  'CALL_CLICKS',
  'WEBSITE_CLICKS',
  'BUSINESS_BOOKINGS',
  'BUSINESS_FOOD_ORDERS',
  'BUSINESS_FOOD_MENU_CLICKS',
]
/** Days until a day's numbers are there. */
export const lagDays = 3
