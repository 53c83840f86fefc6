/** The page of a document. The parts first, since the frame calls them as soon as it is defined. */
import "../documents/document-finder.js";
import "../documents/document-reading.js";
import "../confirm.js";
import "../frame.js";
