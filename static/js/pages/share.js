/** The page with the link to a chat. */
import "../copy-link.js";
import "../confirm.js";
import "../frame.js";
