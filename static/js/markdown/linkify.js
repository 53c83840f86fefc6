/** In the place of the package "linkify-it": addresses in plain text are not looked for. */
export default class NoLinks {}
