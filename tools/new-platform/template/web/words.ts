/** The words of {{name}}'s settings, in every language of the web app. */
export const words = {
  en: {
    visibility: 'Who can see it',
    'visibility=public': 'Everyone',
    'visibility=followers': 'Followers',
  },
  pl: {
    visibility: 'Kto to zobaczy',
    'visibility=public': 'Wszyscy',
    'visibility=followers': 'Obserwujący',
  },
}
