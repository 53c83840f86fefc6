/** The page of a document. */
import "../confirm.js";
import "../frame.js";
