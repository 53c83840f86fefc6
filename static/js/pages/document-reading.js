/** The page of a document that is being read. The part first, since the frame calls it. */
import "../documents/document-reading.js";
import "./document.js";
