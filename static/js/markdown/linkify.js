/** Replaces the package "linkify-it": links.js finds the addresses in a text. */
export default class NoLinks {}
