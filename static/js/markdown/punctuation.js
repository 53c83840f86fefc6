/** Punctuation and symbols for markdown-it, as the browser knows them. Replaces the package "uc.micro". */
export default { P: /\p{P}/u, S: /\p{S}/u };
