/** The page of the documents. The parts first, since the frame calls them as soon as it is defined. */
import "../documents/documents.js";
import "../confirm.js";
import "../frame.js";
